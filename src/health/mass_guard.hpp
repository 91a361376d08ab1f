// Doubt about ourselves: when a large part of all targets fails within seconds, it is likelier that our own network
// does, and verdicts are held back.
//
// The guard rises when more than `percent` of all probes turned down `within` a short time, or when all canaries, which
// stand for the world outside, are down. While it is up, whoever fell since shortly before counts as what he was. It
// falls when the cause is gone: then who is still down has to be shown again to be, for many have just not been probed
// since. Or it gives up after `hold_at_most`: a disaster is believed in the end. Then it stays down until the cause was
// gone once.
#pragma once

#include <cstddef>
#include <string>

#include "health/time.hpp"

namespace rhumb::health {

struct GuardSettings {
  int percent = 0;  // of all probes; 0: only canaries raise the guard
  Duration within{10'000};
  Duration hold_at_most{300'000};

  friend bool operator==(const GuardSettings&, const GuardSettings&) = default;
};

class MassGuard {
 public:
  // Two probes of three are no mass: one host behind two checks falls as a matter of course.
  static constexpr std::size_t kLeast = 3;

  // What is known at one moment.
  struct Sight {
    std::size_t probes = 0;          // all, canaries apart
    std::size_t fallen_lately = 0;   // down, and turned so within `within`
    std::size_t fallen_since = 0;    // while the guard is up: down, and turned so since then or lately at that time
    bool are_canaries_down = false;  // there are some, and all are
  };

  // True if it rose or fell.
  bool look(const Sight& sight, Time now, const GuardSettings& settings);

  [[nodiscard]] bool is_up() const noexcept { return is_up_; }
  // While it is up: when it falls at the latest.
  [[nodiscard]] Time until(const GuardSettings& settings) const noexcept { return since_ + settings.hold_at_most; }
  // It fell because its time was over, and the cause has not gone since.
  [[nodiscard]] bool has_given_up() const noexcept { return is_spent_; }
  // Why it rose, for people.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  [[nodiscard]] std::string cause(const Sight& sight, const GuardSettings& settings) const;

  bool is_up_ = false;
  bool is_spent_ = false;
  Time since_ = {};
  std::string reason_;
};

}  // namespace rhumb::health
