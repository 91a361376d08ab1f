#include "transport/udp_server.hpp"

#include <pthread.h>

#include <cassert>
#include <chrono>
#include <csignal>

#include "transport/udp_worker.hpp"

namespace rhumb::transport {
namespace {

// Wakes a thread that waits in recvmmsg(2). shutdown(2) would, too, but also the threads of other processes that have
// the socket, and for good; and a loop that also waited for something of its own would pay for it with every batch.
// What a signal does is ignored by default, so that one more or less does no harm.
constexpr int kWakingSignal = SIGURG;
// A signal that comes just before the thread waits wakes nobody: it is sent again.
constexpr std::chrono::milliseconds kWakingInterval{1};

// With a handler, and without SA_RESTART, the signal ends a system call that waits.
void heed_waking_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(kWakingSignal, &action, nullptr);
}

}  // namespace

UdpServer::UdpServer(std::span<const Endpoint> endpoints, unsigned threads, const Published<answer::Snapshot>& snapshot,
                     std::uint64_t seed, const RateLimits& limits, BoundSockets* bound) {
  assert(threads >= 1);
  heed_waking_signal();
  BoundSockets none;
  BoundSockets& found = bound == nullptr ? none : *bound;
  Random seeds(seed);
  if (limits.responses_per_second > 0) limiter_ = std::make_unique<RateLimiter>(limits, seeds.next());
  for (const Endpoint& endpoint : endpoints) {
    std::vector<Descriptor> sockets = found.take(endpoint, SOCK_DGRAM, threads);
    bound_.push_back(bound_endpoint(sockets.front().get()));
    for (Descriptor& socket : sockets)
      workers_.push_back(std::make_unique<UdpWorker>(std::move(socket), snapshot, seeds.next(), limiter_.get()));
  }
  seen_.resize(workers_.size());
  for (const auto& worker : workers_) {
    threads_.emplace_back(&UdpWorker::run, worker.get());
    pthread_setname_np(threads_.back().native_handle(), "rhumb-udp");
  }
}

UdpServer::~UdpServer() {
  stop();
}

void UdpServer::stop() {
  for (const auto& worker : workers_)
    worker->stop();
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    while (!workers_[i]->has_stopped()) {
      pthread_kill(threads_[i].native_handle(), kWakingSignal);
      std::this_thread::sleep_for(kWakingInterval);
    }
    threads_[i].join();
  }
  threads_.clear();
}

bool UdpServer::makes_progress() noexcept {
  bool is_well = true;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const Seen now{workers_[i]->counts().received, workers_[i]->has_waiting()};
    if (seen_[i].had_waiting && now.had_waiting && now.received == seen_[i].received) is_well = false;
    seen_[i] = now;
  }
  return is_well;
}

std::vector<int> UdpServer::sockets() const {
  std::vector<int> sockets;
  for (const auto& worker : workers_)
    sockets.push_back(worker->socket());
  return sockets;
}

UdpCounts UdpServer::counts() const noexcept {
  UdpCounts sum;
  for (const auto& worker : workers_) {
    const UdpCounts counts = worker->counts();
    sum.received += counts.received;
    sum.answered += counts.answered;
    sum.limited += counts.limited;
  }
  return sum;
}

std::vector<answer::QueryTap*> UdpServer::taps() const {
  std::vector<answer::QueryTap*> taps;
  for (const auto& worker : workers_)
    taps.push_back(&worker->tap());
  return taps;
}

void UdpServer::add_to(answer::Counts& sum) const noexcept {
  for (const auto& worker : workers_)
    sum += worker->counters();
}

}  // namespace rhumb::transport
