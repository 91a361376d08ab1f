#include "transport/tcp_server.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>

#include <cassert>
#include <cerrno>
#include <limits>
#include <mutex>
#include <string>
#include <system_error>

#include "base/random.hpp"
#include "transport/socket.hpp"
#include "transport/tcp_worker.hpp"

namespace rhumb::transport {
namespace {

// No worker's turns, so that the first look is well.
constexpr auto kNotSeen = std::numeric_limits<std::uint64_t>::max();

// Connections whose SYN brought a query and whose handshake is not complete.
constexpr int kFastOpenQueue = 256;

// Connections take TCP_NODELAY over from the socket that they came in by: answers leave with the write that made them.
void start_listening(int fd, const Endpoint& endpoint) {
  const std::string place = "cannot listen on " + endpoint.to_string() + " (TCP)";
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, place.c_str());
  // RFC 7413: a query in the SYN, for clients that were here before. A kernel that does not do it serves without.
  setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &kFastOpenQueue, sizeof kFastOpenQueue);
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || ::listen(fd, SOMAXCONN) != 0) {
    throw std::system_error(errno, std::generic_category(), place);
  }
}

}  // namespace

TcpServer::TcpServer(std::span<const Endpoint> endpoints, unsigned threads, const Published<answer::Snapshot>& snapshot,
                     std::uint64_t seed, const TcpLimits& limits, BoundSockets* bound)
    : connections_(limits) {
  assert(threads >= 1);
  BoundSockets none;
  BoundSockets& found = bound == nullptr ? none : *bound;
  Random seeds(seed);
  for (unsigned i = 0; i < threads; ++i)
    workers_.push_back(std::make_unique<TcpWorker>(snapshot, seeds.next(), limits, connections_));
  for (const Endpoint& endpoint : endpoints) {
    std::vector<Descriptor> sockets = found.take(endpoint, SOCK_STREAM, threads);
    bound_.push_back(bound_endpoint(sockets.front().get()));
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      start_listening(sockets[i].get(), bound_.back());
      workers_[i % threads]->take(std::move(sockets[i]));
    }
  }
  seen_turns_.assign(workers_.size(), kNotSeen);
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker] { worker->run(workers_); });
    pthread_setname_np(threads_.back().native_handle(), "rhumb-tcp");
  }
}

std::vector<answer::QueryTap*> TcpServer::taps() const {
  std::vector<answer::QueryTap*> taps;
  for (const auto& worker : workers_)
    taps.push_back(&worker->tap());
  return taps;
}

void TcpServer::add_to(answer::Counts& sum) const noexcept {
  for (const auto& worker : workers_)
    sum += worker->counters();
}

TcpServer::~TcpServer() {
  for (const auto& worker : workers_)
    worker->stop();
  join();
}

std::vector<int> TcpServer::sockets() const {
  std::vector<int> sockets;
  for (const auto& worker : workers_) {
    const auto of_worker = worker->sockets();
    sockets.insert(sockets.end(), of_worker.begin(), of_worker.end());
  }
  return sockets;
}

bool TcpServer::makes_progress() noexcept {
  bool is_well = true;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const std::uint64_t turns = workers_[i]->turns();
    if (turns == seen_turns_[i]) is_well = false;
    seen_turns_[i] = turns;
    workers_[i]->wake();
  }
  return is_well;
}

void TcpServer::adopt(TcpConnection connection) {
  workers_[adopted_.fetch_add(1, std::memory_order_relaxed) % workers_.size()]->adopt(std::move(connection));
}

void TcpServer::give_away(const std::function<void(TcpConnection)>& give) {
  std::mutex mutex;
  const TcpWorker::Give one_by_one = [&](TcpConnection connection) {
    const std::lock_guard lock(mutex);
    give(std::move(connection));
  };
  for (const auto& worker : workers_)
    worker->give_away(one_by_one);
  join();
}

void TcpServer::join() {
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
}

}  // namespace rhumb::transport
