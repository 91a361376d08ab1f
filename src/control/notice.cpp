#include "control/notice.hpp"

#include <chrono>

#include <fmt/format.h>

namespace rhumb::control {

std::string to_text(const Notice& notice) {
  std::string text = health::to_text(notice.event);
  if (notice.suppressed > 0) {
    text += fmt::format(" ({} more since {})", notice.suppressed, to_rfc3339(notice.suppressed_since));
  }
  return text;
}

std::string to_rfc3339(health::Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace rhumb::control
