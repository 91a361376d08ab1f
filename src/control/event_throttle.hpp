// Keeps a target that flaps from drowning everybody who is told of events.
//
// Each subject (health::subject) may have a burst of events, then one a minute. Of those that come faster the latest is
// kept back until its minute has come, and the others are counted: so what was told last is always how things are, and
// a target that ends its flapping down is told to be down. Guards, panics and overrides always pass: they are few, and
// each is about more than one target or an operator's own doing.
//
// No I/O and no clock: time is passed in, and never goes back.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "control/notice.hpp"
#include "health/event.hpp"
#include "health/time.hpp"

namespace rhumb::control {

class EventThrottle {
 public:
  // Three times down and up again: an incident of the usual kind is told whole.
  static constexpr int kBurst = 6;
  // What a person who is paged can bear of one target for hours.
  static constexpr std::chrono::minutes kInterval{1};
  // Those that are remembered, some 500 octets each with an event kept back. Those with an event in the last minutes
  // are few, unless everything flaps; then who was quiet longest may have another burst.
  static constexpr std::size_t kSubjectsMax = 10'000;

  explicit EventThrottle(std::size_t subjects_max = kSubjectsMax) : subjects_max_(subjects_max) {}

  // What is told now that `event` has happened: it, unless it is kept back, and before it what was kept back of a
  // subject that had to be forgotten.
  [[nodiscard]] std::vector<Notice> take(health::Event event, health::Time now);

  // What was kept back, and is due.
  [[nodiscard]] std::vector<Notice> take_due(health::Time now);
  // When that next gives something; kNever if nothing is kept back.
  [[nodiscard]] health::Time next_due() const noexcept;
  // All that is kept back, for the end.
  [[nodiscard]] std::vector<Notice> take_all();

  // Subjects that are remembered.
  [[nodiscard]] std::size_t size() const noexcept { return subjects_.size(); }

 private:
  struct Subject;
  using Subjects = std::list<Subject>;
  using Due = std::multimap<health::Time, Subjects::iterator>;

  struct Subject {
    std::string name;
    health::Time full_at = {};               // when it has its whole burst again
    std::optional<health::Event> kept = {};  // the latest, if it has not been told
    std::uint64_t suppressed = 0;            // others since the last that was told
    health::Time suppressed_since = {};
    Due::iterator due = {};  // if one is kept
  };

  void forget_idle(health::Time now);
  Subjects::iterator find_or_add(const std::string& name, health::Time now, std::vector<Notice>& told);
  void keep_back(Subjects::iterator subject, health::Event event);
  [[nodiscard]] Notice release(Subject& subject, health::Time now);

  std::size_t subjects_max_;
  Subjects subjects_;  // that of the latest event first
  std::unordered_map<std::string_view, Subjects::iterator> by_name_;
  Due due_;
};

}  // namespace rhumb::control
