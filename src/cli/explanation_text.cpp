#include <cmath>

#include <fmt/format.h>

#include "cli/explanation.hpp"

namespace rhumb::cli {
namespace {

constexpr int kLabelWidth = 10;

// "label     text", the label just on the first of several lines.
class Page {
 public:
  void line(std::string_view label, std::string_view text) {
    text_ += fmt::format("{:<{}}{}\n", label == label_ ? "" : label, kLabelWidth, text);
    label_ = label;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string label_;
};

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string result;
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    if (!result.empty()) result += ", ";
    result += part;
  }
  return result;
}

void write_client(Page& page, const ExplainedSteering& steering) {
  const ExplainedLocation& location = steering.location;
  const std::string place = joined({location.city, location.subdivision, location.country, location.continent});
  if (place.empty() && !location.coordinates) {
    page.line("client", fmt::format("{} is in no geo database", steering.client));
  } else {
    page.line("client", fmt::format("{} is in {} ({})", steering.client, place, location.place_source));
  }
  if (location.coordinates) {
    page.line("client", fmt::format("at {:.2f}, {:.2f} ({})", location.coordinates->latitude,
                                    location.coordinates->longitude, location.coordinates_source));
  }
  if (location.asn != 0) page.line("client", fmt::format("in AS{}", location.asn));
}

void write_ranking(Page& page, const ExplainedSteering& steering) {
  for (const ExplainedRegion& region : steering.ranking) {
    const std::string distance = region.distance_km ? fmt::format("{:.0f} km", std::round(*region.distance_km)) : "";
    page.line("ranking", fmt::format("{}. {:<16} {:>9}{}", region.tier, region.name, distance,
                                     region.picked ? "   ← picked" : ""));
    for (const ExplainedInstance& instance : region.instances) {
      const std::string weight = instance.weight == 1 ? "" : fmt::format(", weight {}", instance.weight);
      page.line("ranking", fmt::format("   {} {:<39} {}{}", instance.picked ? "→" : " ", instance.address,
                                       instance.state, weight));
    }
    if (region.instances.empty()) page.line("ranking", "     no instance of this family");
  }
}

}  // namespace

std::string to_text(const Explanation& explanation) {
  Page page;
  page.line("question", fmt::format("{} {}", explanation.name, explanation.type));
  page.line("zone", explanation.zone.empty() ? "none of ours" : explanation.zone);
  for (const std::string& step : explanation.steps)
    page.line("name", step);
  if (const auto& steering = explanation.steering) {
    page.line("service", fmt::format("{}, order {}, pick {}", steering->service, steering->order, steering->policy));
    write_client(page, *steering);
    if (!steering->rule.empty()) page.line("rule", steering->rule);
    write_ranking(page, *steering);
    page.line("why", steering->reason);
    page.line("scope", fmt::format("/{}: all of {} gets the same ranking", steering->scope_bits, steering->scope));
    page.line("ttl", fmt::format("{} s", steering->ttl_s));
  }
  page.line("answer", explanation.rcode);
  for (const std::string& record : explanation.answer)
    page.line("answer", record);
  for (const std::string& record : explanation.authority)
    page.line("authority", record);
  return page.take();
}

}  // namespace rhumb::cli
