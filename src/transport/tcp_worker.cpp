#include "transport/tcp_worker.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <ctime>
#include <limits>
#include <system_error>

namespace rhumb::transport {
namespace {

// Connections of one turn: so many are answered at most before those that wait to be accepted or to be closed.
constexpr std::size_t kReadyMax = 64;
// Connections that one listener's turn accepts; a flood of them must not keep the others from being answered.
constexpr int kAcceptsMax = 16;
// After accept(2) failed for want of descriptors or memory: long enough not to spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

// Not: that the client has gone in the meantime.
bool is_shortage(int error) noexcept {
  return error != EAGAIN && error != EWOULDBLOCK && error != ECONNABORTED && error != EINTR;
}

Descriptor checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return Descriptor(fd);
}

}  // namespace

TcpWorker::TcpWorker(const Published<answer::Snapshot>& snapshot, std::uint64_t seed, const TcpLimits& limits,
                     TcpConnections& connections)
    : snapshot_(snapshot),
      limits_(limits),
      connections_(connections),
      exchange_(seed),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      waker_{TcpWatched::Kind::waker, checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")} {
  if (!watch(waker_, EPOLL_CTL_ADD, EPOLLIN)) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void TcpWorker::take(Descriptor listener) {
  TcpWatched& taken = listeners_.emplace_back(TcpWatched{TcpWatched::Kind::listener, std::move(listener)});
  if (!watch(taken, EPOLL_CTL_ADD, EPOLLIN)) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  ready_listeners_.reserve(listeners_.size());
}

std::vector<int> TcpWorker::sockets() const {
  std::vector<int> sockets;
  for (const TcpWatched& listener : listeners_)
    sockets.push_back(listener.descriptor.get());
  return sockets;
}

void TcpWorker::run(const Workers& workers) {
  const ReaderThread registered;
  workers_ = &workers;
  while (!stopping_.load(std::memory_order_relaxed)) {
    turn();
    const Give* give = giving_.load(std::memory_order_acquire);
    if (give == nullptr) continue;
    give_connections_away(*give);
    if (sessions_.empty()) return;
  }
}

void TcpWorker::stop() noexcept {
  stopping_.store(true, std::memory_order_relaxed);
  wake();
}

void TcpWorker::adopt(TcpConnection connection) {
  {
    const std::lock_guard lock(adopted_mutex_);
    adopted_.push_back(std::move(connection));
    has_adopted_.store(true, std::memory_order_relaxed);
  }
  wake();
}

void TcpWorker::give_away(const Give& give) noexcept {
  giving_.store(&give, std::memory_order_release);
  wake();
}

// Sessions that end while others of the turn are served are only put aside, so that no event leads nowhere; they are
// forgotten, and others accepted, when the thread is offline for RCU, since that takes a lock.
void TcpWorker::turn() {
  std::array<epoll_event, kReadyMax> events;
  const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience_ms());
  now_ = Clock::now();
  serve_ready(std::span(events).first(static_cast<std::size_t>(std::max(ready, 0))));
  forget_ended();
  accept_ready();
  if (has_adopted_.load(std::memory_order_relaxed)) admit_adopted();
  close_as_asked();
  close_idle();
  forget_ended();
  turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void TcpWorker::serve_ready(std::span<const epoll_event> events) {
  const Online online;
  const TcpExchange::Turn turn{snapshot_.read(), now_, unix_seconds()};
  for (const epoll_event& event : events) {
    auto* const watched = static_cast<TcpWatched*>(event.data.ptr);
    switch (watched->kind) {
      case TcpWatched::Kind::session:
        serve(static_cast<TcpSession&>(*watched), turn);
        break;
      case TcpWatched::Kind::listener:
        ready_listeners_.push_back(watched);
        break;
      case TcpWatched::Kind::waker: {
        eventfd_t count = 0;
        eventfd_read(watched->descriptor.get(), &count);
        break;
      }
    }
  }
}

void TcpWorker::serve(TcpSession& session, const TcpExchange::Turn& turn) {
  using Next = TcpExchange::Next;
  const bool was_writing = session.backlog != nullptr;
  const Next next = exchange_.serve(session, turn);
  const bool writes = next == Next::write;
  if (next == Next::end || (!writes && now_ - session.opened > limits_.lifetime)) return end(session.place);
  if (session.last_query == now_) sessions_.splice(sessions_.end(), sessions_, session.place);
  if (writes != was_writing && !watch(session, EPOLL_CTL_MOD, writes ? EPOLLOUT : EPOLLIN)) end(session.place);
}

void TcpWorker::end(Sessions::iterator session) noexcept {
  ended_.splice(ended_.end(), sessions_, session);
}

// Tells first which one is the most idle now: another worker that counts those who have left must not ask for them.
void TcpWorker::forget_ended() {
  most_idle_since_.store(sessions_.empty() ? kNever : sessions_.front().last_query.time_since_epoch().count(),
                         std::memory_order_relaxed);
  for (const TcpSession& session : ended_)
    connections_.leave(session.client);
  ended_.clear();
}

void TcpWorker::accept_ready() {
  if (accept_again_ && now_ >= *accept_again_) resume_accepting();
  for (const TcpWatched* listener : ready_listeners_) {
    if (!accept_again_) accept_from(*listener);
  }
  ready_listeners_.clear();
}

// Only the first failure counts, when epoll has said that somebody waits: for want of a descriptor accept(2) fails also
// when nobody does.
void TcpWorker::accept_from(const TcpWatched& listener) {
  for (int i = 0; i < kAcceptsMax; ++i) {
    SocketAddress peer{};
    socklen_t size = sizeof peer;
    Descriptor connected(accept4(listener.descriptor.get(), &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connected.get() >= 0) {
      admit(std::move(connected), address_of(peer));
    } else {
      if (i == 0 && is_shortage(errno)) pause_accepting();
      return;
    }
  }
}

// Null when it may not stay.
TcpSession* TcpWorker::admit(Descriptor connected, const IpAddress& client) {
  if (!connections_.enter(client)) return nullptr;
  if (connections_.is_over()) make_room();
  const auto session = sessions_.emplace(sessions_.end(), std::move(connected), client, now_);
  session->place = session;
  if (watch(*session, EPOLL_CTL_ADD, EPOLLIN)) return &*session;
  end(session);
  return nullptr;
}

// As if their last query were of now: nobody waits longer than twice.
void TcpWorker::admit_adopted() {
  std::vector<TcpConnection> adopted;
  {
    const std::lock_guard lock(adopted_mutex_);
    adopted.swap(adopted_);
    has_adopted_.store(false, std::memory_order_relaxed);
  }
  for (TcpConnection& connection : adopted) {
    SocketAddress peer{};
    socklen_t size = sizeof peer;
    if (getpeername(connection.socket.get(), &peer.any, &size) != 0) continue;  // its client has gone
    TcpSession* const session = admit(std::move(connection.socket), address_of(peer));
    if (session == nullptr) continue;
    session->opened -= connection.age;
    Bytes begun(connection.begun);
    static_cast<void>(session->framing.next(begun));  // there is no whole one
  }
}

// Those whose clients have yet to read stay for now.
void TcpWorker::give_connections_away(const Give& give) {
  stop_listening();
  for (auto next = sessions_.begin(); next != sessions_.end();) {
    const auto session = next++;
    if (session->backlog != nullptr) continue;
    watch(*session, EPOLL_CTL_DEL, 0);
    const Bytes begun = session->framing.begun();
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - session->opened);
    give({std::move(session->descriptor), {begun.begin(), begun.end()}, age});
    end(session);
  }
  forget_ended();
}

// To close them is not enough: epoll would go on telling of sockets that another process has, too.
void TcpWorker::stop_listening() noexcept {
  for (TcpWatched& listener : listeners_)
    watch(listener, EPOLL_CTL_DEL, 0);
  listeners_.clear();
}

void TcpWorker::pause_accepting() {
  make_room();
  accept_again_ = now_ + kAcceptPause;
  for (TcpWatched& listener : listeners_)
    watch(listener, EPOLL_CTL_MOD, 0);
}

void TcpWorker::resume_accepting() {
  accept_again_.reset();
  for (TcpWatched& listener : listeners_)
    watch(listener, EPOLL_CTL_MOD, EPOLLIN);
}

// One connection goes, the one of all workers that has been idle longest.
void TcpWorker::make_room() noexcept {
  const auto since = [](const std::unique_ptr<TcpWorker>& worker) {
    return worker->most_idle_since_.load(std::memory_order_relaxed);
  };
  TcpWorker& most_idle = **std::min_element(workers_->begin(), workers_->end(),
                                            [&](const auto& a, const auto& b) { return since(a) < since(b); });
  most_idle.close_one();
  if (&most_idle != this) most_idle.wake();
}

void TcpWorker::close_one() noexcept {
  to_close_.fetch_add(1, std::memory_order_relaxed);
}

void TcpWorker::close_as_asked() noexcept {
  if (to_close_.load(std::memory_order_relaxed) == 0) return;
  for (unsigned left = to_close_.exchange(0, std::memory_order_relaxed); left > 0 && !sessions_.empty(); --left)
    end(sessions_.begin());
}

void TcpWorker::close_idle() noexcept {
  while (!sessions_.empty() && now_ - sessions_.front().last_query >= limits_.idle)
    end(sessions_.begin());
}

void TcpWorker::wake() noexcept {
  eventfd_write(waker_.descriptor.get(), 1);
}

bool TcpWorker::watch(TcpWatched& watched, int operation, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watched;
  return epoll_ctl(epoll_.get(), operation, watched.descriptor.get(), &event) == 0;
}

// Until a connection has been idle for too long, or accepting goes on; −1: for ever.
int TcpWorker::patience_ms() const noexcept {
  auto until = Clock::time_point::max();
  if (!sessions_.empty()) until = sessions_.front().last_query + limits_.idle;
  if (accept_again_) until = std::min(until, *accept_again_);
  if (until == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now_).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace rhumb::transport
