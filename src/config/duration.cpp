#include "config/duration.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace rhumb::config {
namespace {

struct Unit {
  std::string_view name;
  double milliseconds;
};
constexpr std::array<Unit, 5> kUnits{{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3'600e3}, {"d", 86'400e3}}};

}  // namespace

std::optional<std::uint32_t> parse_duration_ms(std::string_view text) {
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
  if (error != std::errc{} || !(amount >= 0)) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto found = std::ranges::find(kUnits, unit, &Unit::name);
  if (found == kUnits.end()) return std::nullopt;
  const double milliseconds = std::round(amount * found->milliseconds);
  if (milliseconds > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(milliseconds);
}

std::string duration_to_text(std::uint32_t duration_ms) {
  const Unit* best = &kUnits[0];
  for (const Unit& unit : kUnits) {
    if (duration_ms > 0 && std::fmod(duration_ms, unit.milliseconds) == 0) best = &unit;
  }
  return fmt::format("{}{}", duration_ms / best->milliseconds, best->name);
}

}  // namespace rhumb::config
