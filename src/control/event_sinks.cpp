#include "control/event_sinks.hpp"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "control/event_json.hpp"
#include "control/event_throttle.hpp"
#include "control/hook_program.hpp"
#include "control/outlet.hpp"
#include "control/webhook.hpp"
#include "health/tls_client.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Fate = EventCounters::Fate;

// Opens Asio's descriptors, so that the constructor throws if there are none left.
asio::io_context& with_reactor(asio::io_context& context) {
  const asio::steady_timer first(context);
  return context;
}

// The one of `outlets` that `is_same`, taken out of them; null if there is none.
template <typename Outlets, typename Predicate>
typename Outlets::value_type take_same(Outlets& outlets, Predicate is_same) {
  const auto found = std::ranges::find_if(outlets, is_same);
  if (found == outlets.end()) return nullptr;
  auto outlet = std::move(*found);
  outlets.erase(found);
  return outlet;
}

}  // namespace

bool is_same_webhook(const WebhookSettings& a, const WebhookSettings& b) {
  const bool is_same_tls =
      a.tls == nullptr || b.tls == nullptr ? a.tls == b.tls : a.tls->settings() == b.tls->settings();
  return is_same_tls && a.url == b.url && a.secret == b.secret && a.timeout == b.timeout && a.filter == b.filter &&
         a.backoff == b.backoff;
}

// What is not said to be shared belongs to the thread that runs `context_`, except in the constructor and destructor.
class EventSinks::Loop {
 public:
  explicit Loop(Log log)
      : log_(std::move(log)), stay_(with_reactor(context_).get_executor()), thread_([this] { run(); }) {}

  ~Loop() {
    asio::post(context_, [this] { stop(); });
    thread_.join();
  }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void configure(EventSettings settings, std::string server) {
    asio::post(context_, [this, settings = std::move(settings), server = std::move(server)]() mutable {
      configure_here(std::move(settings), std::move(server));
    });
  }

  void deliver(health::Event event);
  [[nodiscard]] EventCounts counts() const noexcept { return counters_.read(); }

 private:
  void run();
  void stop();
  void configure_here(EventSettings settings, std::string server);
  void dismiss(const std::shared_ptr<Outlet>& outlet);
  void abort_all();

  void empty_inbox();
  void tell(std::vector<Notice> notices);
  void tell(Notice notice);
  void set_timer();
  [[nodiscard]] health::Time now() const;

  asio::io_context context_{1};  // first: timers and sockets must not outlive it
  const Log log_;
  EventCounters counters_;  // shared

  // Shared, under the mutex.
  std::mutex mutex_;
  std::deque<health::Event> inbox_;
  bool is_inbox_due_ = false;
  std::uint64_t overflow_ = 0;  // since it was last reported

  const Clock::time_point started_ = Clock::now();
  const health::Time started_at_ = std::chrono::floor<health::Duration>(std::chrono::system_clock::now());
  EventThrottle throttle_;
  asio::steady_timer timer_{context_};
  std::string server_;
  std::vector<std::shared_ptr<HookProgram>> hooks_;
  std::vector<std::shared_ptr<Webhook>> webhooks_;
  std::vector<std::weak_ptr<Outlet>> dismissed_;

  asio::executor_work_guard<asio::io_context::executor_type> stay_;
  std::thread thread_;  // last: it uses all of the above
};

void EventSinks::Loop::run() {
  pthread_setname_np(pthread_self(), "rhumb-events");
  context_.run();  // until stop()
  context_.restart();
  context_.run_for(kGrace);  // ends as soon as all is told
  abort_all();
  context_.restart();
  context_.run();
}

void EventSinks::Loop::stop() {
  empty_inbox();
  tell(throttle_.take_all());
  timer_.cancel();
  for (const auto& hook : std::exchange(hooks_, {}))
    dismiss(hook);
  for (const auto& webhook : std::exchange(webhooks_, {}))
    dismiss(webhook);
  stay_.reset();
  context_.stop();
}

// It lives as long as it has something to do.
void EventSinks::Loop::dismiss(const std::shared_ptr<Outlet>& outlet) {
  outlet->finish(Clock::now() + kGrace);
  std::erase_if(dismissed_, [](const auto& other) { return other.expired(); });
  dismissed_.push_back(outlet);
}

void EventSinks::Loop::abort_all() {
  for (const auto& dismissed : dismissed_) {
    if (const auto outlet = dismissed.lock()) outlet->abort();
  }
}

void EventSinks::Loop::configure_here(EventSettings settings, std::string server) {
  server_ = std::move(server);
  auto hooks_before = std::exchange(hooks_, {});
  for (HookSettings& hook : settings.hooks) {
    auto same = take_same(hooks_before, [&](const auto& before) { return before->settings() == hook; });
    if (same == nullptr) same = std::make_shared<HookProgram>(context_, std::move(hook), log_.trouble, counters_);
    hooks_.push_back(std::move(same));
  }
  auto webhooks_before = std::exchange(webhooks_, {});
  for (WebhookSettings& webhook : settings.webhooks) {
    auto same =
        take_same(webhooks_before, [&](const auto& before) { return is_same_webhook(before->settings(), webhook); });
    if (same == nullptr) same = std::make_shared<Webhook>(context_, std::move(webhook), log_.trouble, counters_);
    webhooks_.push_back(std::move(same));
  }
  for (const auto& hook : hooks_before)
    dismiss(hook);
  for (const auto& webhook : webhooks_before)
    dismiss(webhook);
}

void EventSinks::Loop::deliver(health::Event event) {
  const std::lock_guard lock(mutex_);
  if (inbox_.size() >= kInboxMax) {
    counters_.count(event.kind, Fate::dropped);
    ++overflow_;
    return;
  }
  inbox_.push_back(std::move(event));
  if (std::exchange(is_inbox_due_, true)) return;
  asio::post(context_, [this] { empty_inbox(); });
}

void EventSinks::Loop::empty_inbox() {
  std::deque<health::Event> events;
  std::uint64_t overflow = 0;
  {
    const std::lock_guard lock(mutex_);
    events = std::exchange(inbox_, {});
    overflow = std::exchange(overflow_, 0);
    is_inbox_due_ = false;
  }
  if (overflow > 0) log_.trouble(fmt::format("{} events are dropped: too many at once", overflow));
  tell(throttle_.take_due(now()));
  for (health::Event& event : events)
    tell(throttle_.take(std::move(event), now()));
  set_timer();
}

void EventSinks::Loop::tell(std::vector<Notice> notices) {
  for (Notice& notice : notices)
    tell(std::move(notice));
}

void EventSinks::Loop::tell(Notice notice) {
  counters_.count(notice.event.kind, Fate::told);
  counters_.count(notice.event.kind, Fate::suppressed, notice.suppressed);
  auto message = std::make_shared<Message>();
  message->json = to_json(notice, server_);
  message->notice = std::move(notice);
  log_.notice(message->notice, message->json);
  for (const auto& hook : hooks_)
    hook->offer(message);
  for (const auto& webhook : webhooks_)
    webhook->offer(message);
}

// For what is kept back.
void EventSinks::Loop::set_timer() {
  const health::Time due = throttle_.next_due();
  if (due == health::kNever) return;
  timer_.expires_at(started_ + (due - started_at_));  // whatever it was set to before is cancelled
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) empty_inbox();
  });
}

health::Time EventSinks::Loop::now() const {
  return started_at_ + std::chrono::floor<health::Duration>(Clock::now() - started_);
}

EventSinks::EventSinks(Log log) : loop_(std::make_unique<Loop>(std::move(log))) {}

EventSinks::~EventSinks() = default;

void EventSinks::configure(EventSettings settings, std::string server) {
  loop_->configure(std::move(settings), std::move(server));
}

void EventSinks::deliver(health::Event event) {
  loop_->deliver(std::move(event));
}

EventCounts EventSinks::counts() const noexcept {
  return loop_->counts();
}

}  // namespace rhumb::control
