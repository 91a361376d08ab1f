#include "health/cutoff.hpp"

#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

namespace rhumb::health {

struct Cutoff::Shared {
  Shared(const boost::asio::any_io_executor& executor, Deadline deadline, std::function<void()> to_run)
      : timer(executor, deadline), action(std::move(to_run)) {}

  void strike(bool at_deadline) {
    if (std::exchange(has_come, true)) return;
    is_late = at_deadline;
    action();
  }

  boost::asio::steady_timer timer;
  std::function<void()> action;
  bool has_come = false;
  bool is_late = false;
};

Cutoff::Cutoff(Abort& abort, const boost::asio::any_io_executor& executor, Deadline deadline,
               std::function<void()> action)
    : shared_(std::make_shared<Shared>(executor, deadline, std::move(action))),
      when_aborted_(abort, [shared = shared_.get()] { shared->strike(false); }) {
  shared_->timer.async_wait([shared = shared_](const boost::system::error_code& error) {
    if (!error) shared->strike(true);
  });
}

Cutoff::~Cutoff() {
  shared_->has_come = true;  // for a handler that is on its way
  shared_->timer.cancel();
}

bool Cutoff::has_come() const noexcept {
  return shared_->has_come;
}

Outcome Cutoff::outcome(const Target& target, std::string_view activity) const {
  return shared_->is_late ? timed_out(target, activity) : cancelled();
}

}  // namespace rhumb::health
