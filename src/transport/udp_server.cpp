#include "transport/udp_server.hpp"

#include <pthread.h>

#include <cassert>

#include "transport/udp_worker.hpp"

namespace rhumb::transport {

UdpServer::UdpServer(std::span<const Endpoint> endpoints, unsigned threads, const Published<answer::Snapshot>& snapshot,
                     std::uint64_t seed, const RateLimits& limits) {
  assert(threads >= 1);
  Random seeds(seed);
  if (limits.responses_per_second > 0) limiter_ = std::make_unique<RateLimiter>(limits, seeds.next());
  for (Endpoint endpoint : endpoints) {
    for (unsigned i = 0; i < threads; ++i) {
      Descriptor socket = bind_socket(endpoint, SOCK_DGRAM, true);
      endpoint = bound_endpoint(socket.get());  // the other threads share the port that the first was given
      workers_.push_back(std::make_unique<UdpWorker>(std::move(socket), snapshot, seeds.next(), limiter_.get()));
    }
    bound_.push_back(endpoint);
  }
  for (const auto& worker : workers_) {
    threads_.emplace_back(&UdpWorker::run, worker.get());
    pthread_setname_np(threads_.back().native_handle(), "rhumb-udp");
  }
}

UdpServer::~UdpServer() {
  for (const auto& worker : workers_)
    worker->stop();
  for (auto& thread : threads_)
    thread.join();
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

void UdpServer::add_to(answer::Counts& sum) const noexcept {
  for (const auto& worker : workers_)
    sum += worker->counters();
}

}  // namespace rhumb::transport
