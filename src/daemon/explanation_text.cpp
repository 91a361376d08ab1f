#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "daemon/explanation.hpp"

namespace rhumb::daemon {
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

// "40 s", "3 min", "5 h", "2 days"
std::string age_of(std::uint32_t measured_at) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const std::int64_t age_s = std::max<std::int64_t>(std::time(nullptr) - measured_at, 0);
  if (age_s < 2 * kMinute) return fmt::format("{} s", age_s);
  if (age_s < 2 * kHour) return fmt::format("{} min", age_s / kMinute);
  if (age_s < 2 * kDay) return fmt::format("{} h", age_s / kHour);
  return fmt::format("{} days", age_s / kDay);
}

std::string to_text(const ExplainedLatency& latency) {
  return fmt::format("{:.1f} ms ({}, {} samples, {} old)", latency.rtt_ms, latency.source, latency.samples,
                     age_of(latency.measured_at));
}

// ", draining (40 % of its clients): HTTP 200 in 3ms"; empty where no server was asked.
std::string health_text(const ExplainedInstance& instance) {
  if (!instance.health) return {};
  const ExplainedHealth& health = *instance.health;
  constexpr double kPercent = 100;
  const bool is_plain = health.standing == "serving" || health.standing == instance.state;
  std::string text = is_plain ? std::string() : ", " + health.standing;
  if (health.share > 0 && health.share < 1) text += fmt::format(" ({:.0f} % of its clients)", health.share * kPercent);
  return health.evidence.empty() ? text : text + ": " + health.evidence;
}

void write_ranking(Page& page, const ExplainedSteering& steering) {
  for (const ExplainedRegion& region : steering.ranking) {
    const std::string distance = region.distance_km ? fmt::format("{:.0f} km", std::round(*region.distance_km)) : "";
    std::string latency;
    if (steering.order == "latency") latency = "   " + (region.latency ? to_text(*region.latency) : "not measured");
    page.line("ranking", fmt::format("{}. {:<16} {:>9}{}{}", region.tier, region.name, distance, latency,
                                     region.picked ? "   ← picked" : ""));
    for (const ExplainedInstance& instance : region.instances) {
      const std::string weight = instance.weight == 1 ? "" : fmt::format(", weight {}", instance.weight);
      page.line("ranking", fmt::format("   {} {:<39} {}{}{}", instance.picked ? "→" : " ", instance.address,
                                       instance.state, weight, health_text(instance)));
    }
    if (region.instances.empty()) page.line("ranking", "     no instance of this family");
  }
}

void write_steering(Page& page, const ExplainedSteering& steering) {
  page.line("service",
            fmt::format("{}, {}, order {}, pick {}", steering.service,
                        steering.family.empty() ? "names" : steering.family, steering.order, steering.policy));
  write_client(page, steering);
  if (!steering.rule.empty()) page.line("rule", steering.rule);
  write_ranking(page, steering);
  page.line("why", steering.reason);
  page.line("scope", fmt::format("/{}: all of {} gets the same ranking", steering.scope_bits, steering.scope));
  page.line("ttl", fmt::format("{} s", steering.ttl_s));
}

}  // namespace

std::string to_text(const Explanation& explanation) {
  Page page;
  page.line("question", fmt::format("{} {}", explanation.name, explanation.type));
  if (!explanation.resolver.empty()) page.line("resolver", explanation.resolver);
  page.line("zone", explanation.zone.empty() ? "none of ours" : explanation.zone);
  for (const std::string& step : explanation.steps)
    page.line("name", step);
  for (const ExplainedSteering& steering : explanation.steering)
    write_steering(page, steering);
  page.line("answer", explanation.rcode);
  for (const std::string& record : explanation.answer)
    page.line("answer", record);
  for (const std::string& record : explanation.authority)
    page.line("authority", record);
  if (!explanation.note.empty()) page.line("note", explanation.note);
  return page.take();
}

}  // namespace rhumb::daemon
