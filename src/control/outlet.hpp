// Somebody who is told of events, one after the other: what hooks and webhooks have in common.
//
// Each has a queue of its own, so that a slow one keeps neither the others nor who has an event waiting. All of it
// belongs to the thread that runs the context.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "control/event_counts.hpp"
#include "control/event_filter.hpp"
#include "control/notice.hpp"

namespace rhumb::control {

// One for all who are told.
struct Message {
  Notice notice;
  std::string json;  // of it (event_json.hpp)
};

// What went wrong with telling, for the log.
using ReportTrouble = std::function<void(const std::string&)>;

// Keeps one kind of complaint from filling the log.
class Quiet {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{10};

  // How many were not said since the last that was; nothing: this one is not said either.
  [[nodiscard]] std::optional<std::uint64_t> speak(Clock::time_point now);

 private:
  Clock::time_point due_ = Clock::time_point::min();
  std::uint64_t unsaid_ = 0;
};

class Outlet : public std::enable_shared_from_this<Outlet> {
 public:
  using Clock = std::chrono::steady_clock;
  // Those that wait. With the throttle, the events of a thousand targets; some 500 octets each, shared with the others.
  static constexpr std::size_t kQueueMax = 1'000;

  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
  virtual ~Outlet() = default;

  // Puts it at the end of the queue, if it is wanted. One that finds the queue full is dropped.
  void offer(std::shared_ptr<const Message> message);

  // Takes no more, and tries nothing again: what waits is told until `by`, and the rest dropped.
  void finish(Clock::time_point by);
  // Ends at once whatever it does. After finish().
  void abort();

 protected:
  // `name` is for the log. `counters` must outlive this.
  Outlet(boost::asio::io_context& context, std::string name, EventFilter filter, ReportTrouble report,
         EventCounters& counters);

  // Tells it, and says whether that went well; if not, it has complained. Does not throw.
  [[nodiscard]] virtual boost::asio::awaitable<bool> deliver(const Message& message) = 0;
  // Ends the wait before another try, if that is what deliver() does.
  virtual void stop_waiting() {}
  // Makes deliver() return soon.
  virtual void cancel() = 0;

  void complain(const std::string& text);
  [[nodiscard]] bool is_finishing() const noexcept { return is_finishing_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

 private:
  boost::asio::awaitable<void> work();
  void drop(const Message& message);
  void drop_all();

  boost::asio::io_context& context_;
  const std::string name_;
  const EventFilter filter_;
  ReportTrouble report_;
  EventCounters& counters_;
  std::deque<std::shared_ptr<const Message>> queue_;
  bool is_working_ = false;
  bool is_finishing_ = false;
  Clock::time_point finish_by_ = Clock::time_point::max();
  Quiet failures_;
  Quiet drops_;
};

}  // namespace rhumb::control
