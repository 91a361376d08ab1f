#include "cli/time_text.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "base/timestamp.hpp"
#include "config/duration.hpp"

namespace rhumb::cli {
namespace {

struct TimeOfDay {
  int hour;
  int minute;
};

std::optional<int> parse_two_digits(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = text.size() == 2 && error == std::errc{} && end == text.data() + text.size();
  return is_whole && value >= 0 && value <= most ? std::optional(value) : std::nullopt;
}

std::optional<TimeOfDay> parse_time_of_day(std::string_view text) {
  constexpr std::size_t kColon = 2;
  if (text.size() <= kColon || text[kColon] != ':') return std::nullopt;
  const auto hour = parse_two_digits(text.substr(0, kColon), 23);
  const auto minute = parse_two_digits(text.substr(kColon + 1), 59);
  if (!hour || !minute) return std::nullopt;
  return TimeOfDay{*hour, *minute};
}

// After `now`, today or tomorrow, as the time zone of this process has it.
std::optional<health::Time> next(const TimeOfDay& time, health::Time now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm today{};
  if (localtime_r(&seconds, &today) == nullptr) return std::nullopt;
  for (const int days : {0, 1}) {
    std::tm local = today;
    local.tm_mday += days;
    local.tm_hour = time.hour;
    local.tm_min = time.minute;
    local.tm_sec = 0;
    local.tm_isdst = -1;  // whatever holds then
    const health::Time found(std::chrono::seconds(std::mktime(&local)));
    if (found > now) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<health::Time> parse_until(std::string_view text, health::Time now) {
  std::optional<health::Time> until = parse_rfc3339(text);
  if (const auto duration_ms = config::parse_duration_ms(text)) until = now + health::Duration(*duration_ms);
  if (const auto time = parse_time_of_day(text)) until = next(*time, now);
  return until > now ? until : std::nullopt;
}

std::string roughly(health::Duration duration) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const std::int64_t seconds = std::max<std::int64_t>(std::chrono::round<std::chrono::seconds>(duration).count(), 0);
  if (seconds < 2 * kMinute) return fmt::format("{}s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{}m", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{}h", seconds / kHour);
  return fmt::format("{}d", seconds / kDay);
}

}  // namespace rhumb::cli
