#include "control/outlet.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
using Fate = EventCounters::Fate;

std::string and_more(std::uint64_t unsaid) {
  return unsaid > 0 ? fmt::format(" ({} more like it)", unsaid) : "";
}

}  // namespace

std::optional<std::uint64_t> Quiet::speak(Clock::time_point now) {
  if (now < due_) {
    ++unsaid_;
    return std::nullopt;
  }
  due_ = now + kInterval;
  return std::exchange(unsaid_, 0);
}

Outlet::Outlet(asio::io_context& context, std::string name, EventFilter filter, ReportTrouble report,
               EventCounters& counters)
    : context_(context), name_(std::move(name)), filter_(filter), report_(std::move(report)), counters_(counters) {}

void Outlet::offer(std::shared_ptr<const Message> message) {
  if (is_finishing_ || !filter_.wants(message->notice.event)) return;
  if (queue_.size() >= kQueueMax) return drop(*message);
  queue_.push_back(std::move(message));
  if (is_working_) return;
  is_working_ = true;
  // Keeps this alive to the end of its work. An exception is for want of memory: end the program, do not fall silent.
  const auto ended = [self = shared_from_this()](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(context_, work(), ended);
}

void Outlet::finish(Clock::time_point by) {
  is_finishing_ = true;
  finish_by_ = by;
  stop_waiting();
}

void Outlet::abort() {
  drop_all();
  stop_waiting();
  cancel();
}

asio::awaitable<void> Outlet::work() {
  while (!queue_.empty()) {
    if (Clock::now() > finish_by_) {
      drop_all();
      break;
    }
    const std::shared_ptr<const Message> message = std::move(queue_.front());
    queue_.pop_front();
    const bool is_delivered = co_await deliver(*message);
    counters_.count(message->notice.event.kind, is_delivered ? Fate::delivered : Fate::failed);
  }
  is_working_ = false;
}

void Outlet::drop(const Message& message) {
  counters_.count(message.notice.event.kind, Fate::dropped);
  if (const auto unsaid = drops_.speak(Clock::now())) {
    report_(fmt::format("{}: an event is dropped, {} wait already{}", name_, kQueueMax, and_more(*unsaid)));
  }
}

void Outlet::drop_all() {
  if (queue_.empty()) return;
  for (const auto& message : queue_)
    counters_.count(message->notice.event.kind, Fate::dropped);
  report_(fmt::format("{}: {} events are dropped, it was too slow for the time that was left", name_, queue_.size()));
  queue_.clear();
}

void Outlet::complain(const std::string& text) {
  if (const auto unsaid = failures_.speak(Clock::now())) {
    report_(fmt::format("{}: {}{}", name_, text, and_more(*unsaid)));
  }
}

}  // namespace rhumb::control
