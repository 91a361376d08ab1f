#include "transport/tcp_server.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>

#include <cassert>
#include <cerrno>
#include <string>
#include <system_error>

#include "base/random.hpp"
#include "transport/socket.hpp"
#include "transport/tcp_worker.hpp"

namespace rhumb::transport {
namespace {

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
                     std::uint64_t seed, const TcpLimits& limits)
    : connections_(limits) {
  assert(threads >= 1);
  Random seeds(seed);
  for (unsigned i = 0; i < threads; ++i)
    workers_.push_back(std::make_unique<TcpWorker>(snapshot, seeds.next(), limits, connections_));
  for (const Endpoint& endpoint : endpoints)
    listen(endpoint);
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker] { worker->run(workers_); });
    pthread_setname_np(threads_.back().native_handle(), "rhumb-tcp");
  }
}

// The first socket is bound alone, which fails where another server listens, and shares its address only then.
void TcpServer::listen(Endpoint endpoint) {
  bool is_shared = false;
  for (const auto& worker : workers_) {
    Descriptor socket = bind_socket(endpoint, SOCK_STREAM, is_shared);
    endpoint = bound_endpoint(socket.get());  // the others share the port that the first was given
    if (!is_shared && workers_.size() > 1) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    is_shared = true;
    start_listening(socket.get(), endpoint);
    worker->take(std::move(socket));
  }
  bound_.push_back(endpoint);
}

void TcpServer::add_to(answer::Counts& sum) const noexcept {
  for (const auto& worker : workers_)
    sum += worker->counters();
}

TcpServer::~TcpServer() {
  for (const auto& worker : workers_)
    worker->stop();
  for (auto& thread : threads_)
    thread.join();
}

}  // namespace rhumb::transport
