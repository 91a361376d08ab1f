// Tells a program of events: it is run for each, one after the other.
//
// The program gets the event as a line of JSON on its standard input, which is a file that ends there, and in its
// environment as RHUMB_EVENT, RHUMB_SERVICE, RHUMB_REGION, RHUMB_INSTANCE, RHUMB_FROM, RHUMB_TO and RHUMB_EVIDENCE. No
// shell is between. It starts with signals as they are by default, in a process group of its own, and with no
// descriptor of the server's. Standard output goes nowhere; of standard error the first line is logged if it fails.
#pragma once

#include <sys/types.h>

#include <string>

#include <boost/asio/steady_timer.hpp>

#include "control/event_settings.hpp"
#include "control/outlet.hpp"

namespace rhumb::control {

class HookProgram : public Outlet {
 public:
  HookProgram(boost::asio::io_context& context, HookSettings settings, ReportTrouble report, EventCounters& counters);

  [[nodiscard]] const HookSettings& settings() const noexcept { return settings_; }

 protected:
  // True: it ended with status 0 in time. At the timeout it is killed, with its process group.
  [[nodiscard]] boost::asio::awaitable<bool> deliver(const Message& message) override;
  void cancel() override { kill_running(); }

 private:
  boost::asio::awaitable<int> wait_for_exit();
  int reap();
  void kill_running() const;
  [[nodiscard]] std::string problem_of(int status, const std::string& said) const;

  const HookSettings settings_;
  boost::asio::steady_timer timer_;
  pid_t running_ = 0;  // the process, and its group; 0: none
  bool is_timed_out_ = false;
};

}  // namespace rhumb::control
