#include "control/backoff.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string>

namespace rhumb::control {
namespace {

// Keeps sums with it far from overflow; whoever asks for more is told the same as for a day.
constexpr std::chrono::seconds kAskedMax = std::chrono::days(1);

std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return kAskedMax;
  if (error != std::errc()) return std::nullopt;
  return std::min<std::chrono::seconds>(std::chrono::seconds(seconds), kAskedMax);
}

}  // namespace

std::optional<std::chrono::milliseconds> next_wait(const Backoff& backoff, int tries, std::chrono::milliseconds elapsed,
                                                   double chance, std::optional<std::chrono::seconds> retry_after) {
  assert(tries >= 1 && chance >= 0 && chance <= 1);
  if (tries >= backoff.tries_max) return std::nullopt;
  std::chrono::milliseconds wait = backoff.first;
  for (int i = 1; i < tries && wait < backoff.most; ++i)
    wait *= 2;
  wait = std::min(wait, backoff.most);
  wait -= std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * chance / 2));
  if (retry_after) wait = std::clamp<std::chrono::milliseconds>(*retry_after, wait, std::max(wait, backoff.most));
  if (elapsed + wait > backoff.total) return std::nullopt;
  return wait;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::chrono::sys_seconds now) {
  if (const auto seconds = parse_seconds(text)) return seconds;
  std::tm date{};
  const std::string terminated(text);
  const char* const end = strptime(terminated.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::chrono::sys_seconds until{std::chrono::seconds(timegm(&date))};
  return std::clamp<std::chrono::seconds>(until - now, std::chrono::seconds(0), kAskedMax);
}

}  // namespace rhumb::control
