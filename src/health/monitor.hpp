// Probes the targets, each at its own interval, and keeps the board of their states.
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
#include <vector>

#include "health/board.hpp"
#include "health/check.hpp"
#include "health/state.hpp"

namespace rhumb::health {

struct StateChange {
  Target target;
  State from;
  State to;
  std::string evidence;  // what the last probe saw: "HTTP 503", "connect: Connection refused", "HTTP 200 in 3ms"
};

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

class Monitor {
 public:
  // File descriptors that probes may use at once. 2,000 silent targets at a timeout of 2 s and an interval of 10 s need
  // 400.
  static constexpr std::size_t kInFlightMax = 1'024;
  // At most one LocalTrouble is reported in this time: when descriptors run out, every probe of every target meets it.
  static constexpr std::chrono::seconds kTroubleQuiet{10};

  // A warning of one probe is not repeated for this long.
  static constexpr std::chrono::hours kWarningQuiet{24};

  // The callbacks run on the monitor's thread. They must not throw, wait for a thread that is in replace(), or destroy
  // the monitor. Starts the thread; throws std::system_error if there is no thread or descriptor to be had.
  // `in_flight_max` is at least 1.
  explicit Monitor(std::function<void(const StateChange&)> on_change, std::uint64_t seed,
                   std::function<void(const LocalTrouble&)> on_trouble = {},
                   std::function<void(const TargetWarning&)> on_warning = {}, std::size_t in_flight_max = kInFlightMax);
  // Cancels every probe in flight and joins the thread, in microseconds. No callback comes after it.
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // From now on probes exactly `targets`, at most Schedule::kTargetsMax. Those that were probed before (is_same_probe)
  // keep state, counts and schedule; new ones start unknown, and have a verdict within a second and a timeout. Of
  // targets that are the same probe, one is made for all, and on_change called for each.
  //
  // Returns the board whose i-th entry is the state of targets[i]; states carried over are in it already. The boards of
  // earlier calls are written no more: call it last, when nothing else of a new snapshot can fail, and then publish.
  // From one thread at a time. Takes as long as a callback that is running, and about 4 ms for a thousand new targets.
  [[nodiscard]] std::shared_ptr<const Board> replace(const std::vector<Target>& targets);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace rhumb::health
