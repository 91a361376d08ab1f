#include "base/timestamp.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace rhumb {
namespace {

using std::chrono::milliseconds;

constexpr Timestamp kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr Timestamp kLast = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1) - milliseconds(1);

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes text from its front, piece by piece; once something was not there, nothing is any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // A number of exactly `digits` digits, at most `most`.
  int number(std::size_t digits, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!next_is_digit()) return fail();
      value = value * 10 + digit();
    }
    return value <= most ? value : fail();
  }

  // One of `characters`; 0 when there is none.
  char one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return static_cast<char>(fail());
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }

  // ".25" is 250; without a point 0.
  int decimals_ms() {
    if (!rest_.starts_with('.')) return 0;
    rest_.remove_prefix(1);
    if (!next_is_digit()) return fail();
    int value = 0;
    for (int unit = 100; next_is_digit(); unit /= 10)
      value += digit() * unit;
    return value;
  }

  [[nodiscard]] bool is_whole() const { return !failed_ && rest_.empty(); }

 private:
  [[nodiscard]] bool next_is_digit() const { return !rest_.empty() && is_digit(rest_.front()); }
  int digit() {
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }
  int fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string to_rfc3339(Timestamp time) {
  const Timestamp shown = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<std::chrono::days>(shown);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(shown - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const std::chrono::year year(scanner.number(4, 9'999));
  scanner.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(scanner.number(2, 12)));
  scanner.one_of("-");
  const std::chrono::day day(static_cast<unsigned>(scanner.number(2, 31)));
  scanner.one_of("Tt ");
  const std::chrono::hours hours(scanner.number(2, 23));
  scanner.one_of(":");
  const std::chrono::minutes minutes(scanner.number(2, 59));
  scanner.one_of(":");
  const std::chrono::seconds seconds(scanner.number(2, 59));
  const milliseconds decimals(scanner.decimals_ms());
  const char sign = scanner.one_of("Zz+-");
  std::chrono::minutes offset(0);
  if (sign == '+' || sign == '-') {
    offset = std::chrono::hours(scanner.number(2, 23));
    scanner.one_of(":");
    offset += std::chrono::minutes(scanner.number(2, 59));
  }
  const std::chrono::year_month_day date(year, month, day);
  if (!scanner.is_whole() || !date.ok()) return std::nullopt;
  const Timestamp local = std::chrono::sys_days(date) + hours + minutes + seconds + decimals;
  return sign == '-' ? local + offset : local - offset;
}

}  // namespace rhumb
