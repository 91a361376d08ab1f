// The end of a probe's waiting, whatever it waits for: its deadline, or an abort.
//
// For what has no time limit of its own, as beast::tcp_stream has one: datagrams, programs.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"
#include "health/outcome.hpp"

namespace rhumb::health {

// For coroutines of one thread.
class Cutoff {
 public:
  // `action` makes what waits end, and what would wait afterwards: it closes it, say. Runs at most once, within the
  // lifetime of this, in abort() or from the executor at the deadline.
  Cutoff(Abort& abort, const boost::asio::any_io_executor& executor, Deadline deadline, std::function<void()> action);
  ~Cutoff();
  Cutoff(const Cutoff&) = delete;
  Cutoff& operator=(const Cutoff&) = delete;

  [[nodiscard]] bool has_come() const noexcept;
  // Once it has come: that the time is over, "timeout after 2s waiting for the response", or that it was aborted.
  [[nodiscard]] Outcome outcome(const Target& target, std::string_view activity) const;

 private:
  struct Shared;  // with the timer's handler, which may run after this has gone
  std::shared_ptr<Shared> shared_;
  WhenAborted when_aborted_;
};

}  // namespace rhumb::health
