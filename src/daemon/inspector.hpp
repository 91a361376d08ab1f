// What operators ask of a running server that takes seconds: why a client gets this answer now, what is wrong with a
// zone's files, whether the assertions hold.
//
// A server forgets its databases once it has compiled the rankings, and these need them again. They are read on a
// thread of its own that makes way for those that answer, for one call at a time: who asks meanwhile is told so. They
// stay for a minute after the last call, since who asks for one explanation asks for three.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "answer/snapshot.hpp"
#include "base/published.hpp"
#include "control/administration.hpp"
#include "daemon/loader.hpp"
#include "daemon/main_loop.hpp"
#include "daemon/trial.hpp"
#include "health/operations.hpp"

namespace rhumb::daemon {

class Inspector {
 public:
  using Clock = std::chrono::steady_clock;
  // How long databases that a call has read stay in memory after it.
  static constexpr std::chrono::seconds kKept{60};

  // `loaded` gives what is served; it is called in `loop`. All must outlive it.
  Inspector(const Published<answer::Snapshot>& snapshot, health::Operations& operations, MainLoop& loop,
            std::function<const Loaded&()> loaded);
  // Waits for the call that is being made.
  ~Inspector();
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  // As control::Administration has them; from any thread.
  void explain(const control::ExplainRequest& request, control::Done done);
  void check_zone(const std::string& name, control::Done done);
  void run_tests(control::TestStates states, control::Done done);

  // Now and again: gives back the memory of databases that nobody has asked for since.
  void tidy(Clock::time_point now);
  [[nodiscard]] bool holds_databases() const;

 private:
  using Job = std::function<control::Result()>;

  // `prepare` runs in the loop, and makes what the thread then does.
  void ask(std::function<Job(const Loaded&)> prepare, control::Done done);
  void start(Job job, control::Done done);

  // On the thread.
  control::Result explain_now(const control::ExplainRequest& request, const Question& question, GeoDatabases databases,
                              const steering::Latencies& latencies);
  control::Result check_zone_now(const dns::Name& apex, const config::Config& config);
  control::Result run_tests_now(control::TestStates states, const std::filesystem::path& file, GeoDatabases databases,
                                const steering::Latencies& latencies);
  [[nodiscard]] const geo::Database* read(GeoDatabases& databases, Problems& problems);

  const Published<answer::Snapshot>& snapshot_;
  health::Operations& operations_;
  MainLoop& loop_;
  std::function<const Loaded&()> loaded_;
  std::atomic<bool> is_busy_ = false;
  mutable std::mutex mutex_;  // of the two below
  GeoDatabases kept_;
  Clock::time_point kept_until_ = {};
  std::thread thread_;  // belongs to the loop
};

}  // namespace rhumb::daemon
