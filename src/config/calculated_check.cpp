#include "config/calculated_check.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/suggestion.hpp"

namespace rhumb::config {
namespace {

using health::Condition;

constexpr std::size_t kListMax = 16;  // as many as a service may have

std::size_t count_parts(const Condition& condition) {
  std::size_t count = 1;
  for (const Condition& part : condition.parts)
    count += count_parts(part);
  return count;
}

Condition at_least(std::size_t count, std::vector<Condition> parts) {
  return {Condition::Kind::at_least, 0, static_cast<std::uint32_t>(count), std::move(parts)};
}

class ConditionReader {
 public:
  ConditionReader(std::span<const JsonPlace> checks, std::span<const std::string> names)
      : checks_(checks), names_(names), known_(checks.size()) {}

  // Nothing, and an error at its place, if there is no sense in it.
  std::optional<Condition> read(std::size_t check) {
    if (!is_calculated(checks_[check])) return Condition{Condition::Kind::probe, static_cast<std::uint32_t>(check)};
    // Once only: of forty checks that each name the one before twice, the last would be read 2^40 times.
    if (known_[check]) return *known_[check];
    if (std::ranges::find(path_, check) != path_.end()) {
      checks_[check].error("is calculated from itself: " + path_text(check));
      return std::nullopt;
    }
    path_.push_back(check);
    auto condition = read_calculated(checks_[check]);
    path_.pop_back();
    if (condition && count_parts(*condition) > kConditionPartsMax) {
      checks_[check].error(fmt::format("is calculated from more than {} checks", kConditionPartsMax));
      condition.reset();
    }
    known_[check] = std::move(condition);
    return *known_[check];
  }

 private:
  std::optional<Condition> read_calculated(const JsonPlace& place) {
    if (!place.has_only({"type", "all", "any", "at_least", "of", "not", "gate"})) return std::nullopt;
    auto condition = read_kind(place);
    const auto gate = place.member("gate");
    if (!gate) return condition;
    auto gating = read_named(*gate);
    if (!condition || !gating) return std::nullopt;
    return at_least(2, {std::move(*gating), std::move(*condition)});
  }

  std::optional<Condition> read_kind(const JsonPlace& place) {
    static constexpr std::array<std::string_view, 4> kKinds{"all", "any", "of", "not"};
    const auto has = [&](std::string_view key) { return place.member(key).has_value(); };
    if (std::ranges::count_if(kKinds, has) != 1 || has("of") != has("at_least")) {
      place.error("must have one of \"all\", \"any\", \"not\", or \"at_least\" and \"of\"");
      return std::nullopt;
    }
    if (const auto inverted = place.member("not")) {
      auto part = read_named(*inverted);
      if (!part) return std::nullopt;
      return Condition{Condition::Kind::invert, 0, 0, {std::move(*part)}};
    }
    const bool is_all = has("all");
    const auto list = place.member(is_all ? "all" : has("any") ? "any" : "of");
    auto parts = read_list(*list);
    if (!parts) return std::nullopt;
    std::size_t needed = is_all ? parts->size() : 1;
    if (const auto count = place.member("at_least")) {
      const auto number = count->integer(1, static_cast<std::int64_t>(parts->size()));
      if (!number) return std::nullopt;
      needed = static_cast<std::size_t>(*number);
    }
    return at_least(needed, std::move(*parts));
  }

  std::optional<std::vector<Condition>> read_list(const JsonPlace& place) {
    const auto elements = place.elements();
    if (elements.empty()) place.error("must name at least one check");
    if (elements.size() > kListMax) place.error(fmt::format("more than {} checks", kListMax));
    std::vector<Condition> parts;
    for (const JsonPlace& element : elements) {
      if (auto part = read_named(element)) parts.push_back(std::move(*part));
    }
    if (parts.empty() || parts.size() != elements.size()) return std::nullopt;
    return parts;
  }

  std::optional<Condition> read_named(const JsonPlace& place) {
    const auto check = find_check(place, names_);
    return check ? read(*check) : std::nullopt;
  }

  // "a → b → a"
  [[nodiscard]] std::string path_text(std::size_t repeated) const {
    std::string text;
    for (auto at = std::ranges::find(path_, repeated); at != path_.end(); ++at)
      text += names_[*at] + " → ";
    return text + names_[repeated];
  }

  std::span<const JsonPlace> checks_;
  std::span<const std::string> names_;
  std::vector<std::optional<std::optional<Condition>>> known_;  // of those that were read: nothing, if it has no sense
  std::vector<std::size_t> path_;                               // of the checks that are being read
};

}  // namespace

bool is_calculated(const JsonPlace& check) {
  const auto type = check.is_object() ? check.member("type") : std::nullopt;
  return type && type->is_text() && type->text() == "calculated";
}

std::vector<std::optional<Condition>> read_conditions(std::span<const JsonPlace> checks,
                                                      std::span<const std::string> names) {
  ConditionReader reader(checks, names);
  std::vector<std::optional<Condition>> conditions;
  for (std::size_t check = 0; check < checks.size(); ++check)
    conditions.push_back(reader.read(check));
  return conditions;
}

std::optional<std::size_t> find_check(const JsonPlace& place, std::span<const std::string> names) {
  const auto name = place.text();
  if (!name) return std::nullopt;
  const auto found = std::ranges::find(names, *name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  place.error(fmt::format("\"{}\" is not a check{}", *name, suggestion(*name, {names.begin(), names.end()})));
  return std::nullopt;
}

}  // namespace rhumb::config
