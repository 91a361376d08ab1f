// When to try again what has failed: plain functions, time and chance are passed in.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace rhumb::control {

// Waits grow from `first` by doubling up to `most`. Tries end after `tries_max`, or when the next one would start
// later than `total` after the first.
struct Backoff {
  std::chrono::milliseconds first = std::chrono::seconds(1);  // a restart of the other side, or a lost packet
  std::chrono::milliseconds most = std::chrono::minutes(1);
  int tries_max = 8;  // two minutes and the time of the tries: those who are gone longer have an outage of their own
  std::chrono::milliseconds total = std::chrono::minutes(10);  // later, what is told is history

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

// How long to wait after `tries` tries (at least 1) have failed, the first of which began `elapsed` ago; nothing: give
// up. `chance`, from 0 to 1, takes up to half of the wait away, so that many who failed together do not come back
// together. `retry_after` is what the other side asked for; it is honoured up to `most`.
[[nodiscard]] std::optional<std::chrono::milliseconds> next_wait(const Backoff& backoff, int tries,
                                                                 std::chrono::milliseconds elapsed, double chance,
                                                                 std::optional<std::chrono::seconds> retry_after);

// The value of a Retry-After field (RFC 9110 §10.2.3), seconds or a date, of which `now` is taken off. Nothing when it
// is neither; 0 for a date that is over.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                                    std::chrono::sys_seconds now);

}  // namespace rhumb::control
