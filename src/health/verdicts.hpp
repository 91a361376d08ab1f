// From results of probes to what answers see: the one place where it is decided who serves.
//
//   results ─ state machine ─ guard ─ condition ─ failback, load ─ operator ─ safety rules ─▶ board
//   of a probe                        of an instance                          of a service
//
// No clock, no I/O: time is passed in and never goes back, so a day is simulated in milliseconds. What was known before
// a reload or a restart comes in as a Memory, so that the first answers after it are those that were given last.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "health/board.hpp"
#include "health/event.hpp"
#include "health/mass_guard.hpp"
#include "health/memory.hpp"
#include "health/outcome.hpp"
#include "health/overrides.hpp"
#include "health/plan.hpp"
#include "health/service_safety.hpp"
#include "health/state_machine.hpp"
#include "health/status.hpp"

namespace rhumb::health {

// For one thread; only the board is read by others.
class Verdicts {
 public:
  // What `memory` knows is taken over by the names of things (memory.hpp), and told by no event.
  Verdicts(Plan plan, const Memory& memory, Time now);

  // An entry for each instance of the plan.
  [[nodiscard]] std::shared_ptr<const Board> board() const noexcept { return board_; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }

  // What came of a probe; what is inconclusive changes nothing. `probe` < plan().probes.size().
  void record(std::uint32_t probe, const Outcome& outcome, Time now);
  // Does what is due: hold-downs and overrides end, shares move.
  void advance(Time now);
  // When advance() is due; kNever: only after a result or an operator's word.
  [[nodiscard]] Time next() const;

  // Whether the next probe should be hurried: a verdict is pending, or stands on what was known before a restart.
  [[nodiscard]] bool is_hurried(std::uint32_t probe) const;
  // Whether verdicts are held back, so that all should be hurried.
  [[nodiscard]] bool is_guarded() const noexcept { return guard_.is_up(); }

  // See operations.hpp. Nothing: it is done; otherwise why it is not.
  [[nodiscard]] std::optional<std::string> set_override(Override word, bool force, Time now);
  [[nodiscard]] std::optional<std::string> clear_override(const Scope& scope, Time now);
  [[nodiscard]] std::optional<std::string> resume(const Scope& scope, Time now);

  // Why the scope is on nothing, for people.
  [[nodiscard]] std::optional<std::string> refuse_scope(const Scope& scope) const;
  // Those that the instance's checks ask, in order.
  [[nodiscard]] const std::vector<std::uint32_t>& probes_of(std::size_t instance) const {
    return seats_[instance].probes;
  }

  // All but what only who probes knows: next probes and response times.
  [[nodiscard]] Status status(Time now) const;
  [[nodiscard]] Memory memory() const;
  // What has changed since the last call, in order.
  [[nodiscard]] std::vector<Event> take_events() { return std::exchange(events_, {}); }
  // A number that grows with everything that belongs into memory().
  [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

 private:
  // A probe and what it has shown.
  struct Observed {
    StateMachine machine{Thresholds{}};
    State before = State::unknown;  // the last fall: what it counts as while the guard holds the fall back
    Time fallen_at = {};            // the last fall
    bool is_fallen_lately = false;  // that is among falls_, and its machine is down since
    bool is_doubted = false;        // its machine is down, and the guard holds that back
    Time shown_since = {};
    State shown = State::unknown;
    bool is_stale = false;
    bool last_success = false;
    std::optional<Time> last_at = {};
    std::string evidence = {};
    std::string warning = {};
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::optional<double> load = {};
    std::vector<std::uint32_t> instances = {};  // that ask it, in order
  };

  // An instance and what has become of it.
  struct Seat {
    State state = State::unknown;
    Time since = {};
    std::string evidence = {};
    Failback failback = {};
    LoadShedding shedding = {};
    std::vector<std::uint32_t> probes = {};  // that its condition asks, in order
    Judged judged = {};
    Time until = kNever;  // when the standing ends by itself
  };

  struct ServiceRange {
    std::uint32_t first = 0;  // in instances
    std::uint32_t end = 0;
    Safety safety = {};
    Time due = kNever;
  };

  [[nodiscard]] std::string key(const InstancePlan& instance) const;
  void restore(const Memory& memory, Time now);
  void index_probes(std::uint32_t instance);

  void take(Observed& observed, const Outcome& outcome, Time now);
  void turn(std::uint32_t probe, Time now);
  void count_fall(std::uint32_t probe, Time now);
  void discount_fall(Observed& observed);
  void forget_old_falls(Time now);
  void doubt_late_falls();
  void end_doubts();
  void look_at_guard(Time now);
  [[nodiscard]] bool are_canaries_down() const;
  void show_all(Time now);
  bool show(std::uint32_t probe, Time now);
  [[nodiscard]] bool is_held(std::uint32_t probe) const { return observed_[probe].is_doubted; }

  bool report_load(std::uint32_t probe, bool is_told);
  [[nodiscard]] std::optional<double> load_of(const Seat& seat) const;
  [[nodiscard]] bool is_heard(const Seat& seat) const;

  void settle_probe(std::uint32_t probe, Time now);
  void settle_scope(const Scope& scope, Time now);
  void settle(std::uint32_t service, Time now);
  void judge_state(std::uint32_t instance, Time now);
  [[nodiscard]] Judged judge(std::uint32_t instance, Time now);
  static void overrule(Judged& judged, Seat& seat, const Override& word, Time now);
  [[nodiscard]] Time due_of(std::uint32_t instance, Time now) const;
  void tell_standing(std::uint32_t instance, const Judged& before, Time now);
  void tell_safety(std::uint32_t service, const Safety& before, Time now);
  void show_instance(std::uint32_t instance, Time now);
  [[nodiscard]] std::uint16_t ttl_limit(std::uint32_t instance, Time now) const;
  [[nodiscard]] Duration time_to_change(std::uint32_t probe) const;
  void set_due(std::uint32_t service, Time due);

  [[nodiscard]] std::optional<std::string> refuse_loss(const Override& word) const;
  [[nodiscard]] std::string evidence_of(std::uint32_t instance) const;
  [[nodiscard]] Event event_of(std::uint32_t instance, Event::Kind kind, Time now) const;
  void tell_override(const Override& word, Event::Kind kind, Time now);
  [[nodiscard]] InstanceStatus instance_status(std::uint32_t instance, Time now) const;
  [[nodiscard]] ProbeStatus probe_status(std::uint32_t probe) const;

  Plan plan_;
  std::shared_ptr<Board> board_;
  std::vector<Observed> observed_;  // by probe
  std::vector<Seat> seats_;         // by instance
  std::vector<ServiceRange> services_;
  std::vector<bool> canaries_;  // by probe
  Overrides overrides_;
  MassGuard guard_;
  std::deque<std::pair<Time, std::uint32_t>> falls_;  // of probes, oldest first, within the guard's short time
  std::size_t fallen_lately_ = 0;                     // probes that are
  std::size_t doubted_ = 0;                           // probes that are
  std::set<std::pair<Time, std::uint32_t>> due_;      // services
  std::vector<Event> events_;
  std::uint64_t revision_ = 0;
};

}  // namespace rhumb::health
