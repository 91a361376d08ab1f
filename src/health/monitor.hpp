// Probes the targets, each at its own interval, and keeps the board of what their instances come to (verdicts.hpp).
//
// One thread does all of it with coroutines on Boost.Asio; a target costs it about 2 KB while it waits and,
// answering over loopback, 0.2 ms of CPU time a probe: 2,000 targets every 10 s are 4 MB and 4 % of a core.
// At most one probe of a target is in flight, and kInFlightMax altogether: who comes later waits, and its timeout
// starts only with the connection. Trouble on our own side (out of file descriptors, no IPv6 in this kernel) never
// counts against a target: it is reported, and the state stays.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "health/board.hpp"
#include "health/check.hpp"
#include "health/event.hpp"
#include "health/memory.hpp"
#include "health/operations.hpp"
#include "health/plan.hpp"

namespace rhumb::health {

// A probe that could not be made, for a reason on our side. The state of the target stays.
struct LocalTrouble {
  Target target;
  std::string evidence;      // "connect: Too many open files"
  std::uint64_t suppressed;  // others since the last report
};

// What is well now and will not stay so, unless somebody does something.
struct TargetWarning {
  Target target;
  std::string text;  // "its certificate expires in 5 days"
};

// Each runs on the monitor's thread, and must not throw, wait for a thread that is in a call of the monitor, or destroy
// it. Any may be missing.
struct Listeners {
  std::function<void(const Event&)> on_event = {};
  std::function<void(const LocalTrouble&)> on_trouble = {};
  std::function<void(const TargetWarning&)> on_warning = {};
};

class Monitor : public Operations {
 public:
  // File descriptors that probes may use at once. 20,000 silent targets at a timeout of 2 s and an interval of 10 s
  // need 4,000.
  static constexpr std::size_t kInFlightMax = 8'192;
  // At most one LocalTrouble is reported in this time: when descriptors run out, every probe of every target meets it.
  static constexpr std::chrono::seconds kTroubleQuiet{10};
  // A warning of one probe is not repeated for this long.
  static constexpr std::chrono::hours kWarningQuiet{24};

  // `before` is what was known when the server was stopped. Starts the thread; throws std::system_error if there is no
  // thread or descriptor to be had. `in_flight_max` is at least 1.
  Monitor(Listeners listeners, std::uint64_t seed, Memory before = {}, std::size_t in_flight_max = kInFlightMax);
  // Cancels every probe in flight and joins the thread, in microseconds. No callback comes after it.
  ~Monitor() override;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // From now on probes exactly the plan's targets, at most Schedule::kTargetsMax. Those that were probed before
  // (is_same_probe) keep their schedule; new ones have a verdict within a second and a timeout, of more
  // than 2,000 within 0.5 ms each. What is known of them
  // and of instances by their names (memory_key) stays, so that a reload changes no answer.
  //
  // Returns the board whose i-th entry is that of plan.instances[i]; what is known is in it already. The boards of
  // earlier calls are written no more: call it last, when nothing else of a new snapshot can fail, and then publish.
  // From one thread at a time. Takes as long as a callback that is running, and about 4 ms for a thousand new targets.
  [[nodiscard]] std::shared_ptr<const Board> replace(Plan plan);

  // What is to be kept over a restart, and a number that grows whenever that changes. From any thread; the number
  // without waiting.
  [[nodiscard]] Memory memory();
  [[nodiscard]] std::uint64_t revision() const noexcept;

  [[nodiscard]] Status status() override;
  [[nodiscard]] std::optional<std::string> set_override(Override word, bool force) override;
  [[nodiscard]] std::optional<std::string> clear_override(const Scope& scope) override;
  [[nodiscard]] std::optional<std::string> resume(const Scope& scope) override;
  [[nodiscard]] std::optional<std::string> report(const PushReport& report) override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace rhumb::health
