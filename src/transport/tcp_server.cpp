#include "transport/tcp_server.hpp"

#include <netinet/tcp.h>
#include <pthread.h>

#include <array>
#include <list>
#include <map>

#include <boost/asio.hpp>

#include "answer/responder.hpp"
#include "transport/socket.hpp"
#include "transport/tcp_framing.hpp"

namespace rhumb::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

// Answers wait for their write until they are this many octets; with one more answer that bounds a session's memory.
constexpr std::size_t kOutputFlush = 64 * 1'024;
// Connections whose SYN brought a query and whose handshake is not complete.
constexpr int kFastOpenQueue = 256;
// After accept(2) failed for want of descriptors or memory: long enough not to spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

std::uint32_t unix_seconds() {
  return static_cast<std::uint32_t>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

IpAddress to_address(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
  U128 bits = 0;
  for (const std::uint8_t octet : address.to_v6().to_bytes())
    bits = bits << 8 | octet;
  return IpAddress::v6(bits);
}

// Sessions are counted by the networks that one customer usually has.
std::pair<Family, U128> network_key(const IpAddress& client) {
  constexpr int kV4Bits = 24;
  constexpr int kV6Bits = 56;
  const IpAddress network = network_of(client, client.family == Family::v4 ? kV4Bits : kV6Bits);
  return {network.family, network.bits};
}

struct Session {
  explicit Session(tcp::socket connected) : socket(std::move(connected)) {}

  tcp::socket socket;
  IpAddress client;
  TcpFraming input;
  std::vector<std::uint8_t> output;
  Clock::time_point opened = Clock::now();
  Clock::time_point last_query = opened;
};

using Sessions = std::list<std::shared_ptr<Session>>;

}  // namespace

class TcpServer::Loop {
 public:
  Loop(const Published<answer::Snapshot>& snapshot, std::uint64_t seed, TcpLimits limits)
      : snapshot_(snapshot), random_(seed), limits_(limits), idle_timer_(context_) {}

  // Returns where it is bound.
  Endpoint listen(const Endpoint& endpoint);
  void run();
  void stop() { context_.stop(); }  // from any thread

 private:
  asio::awaitable<void> accept(tcp::acceptor& acceptor);
  asio::awaitable<void> serve(Sessions::iterator place);
  asio::awaitable<void> close_idle();
  void admit(tcp::socket connected);
  [[nodiscard]] bool answer_whole_queries(Session& session);
  void append_answer(Session& session, const answer::Snapshot& snapshot, Bytes query);
  void close_most_idle();

  const Published<answer::Snapshot>& snapshot_;
  Random random_;
  TcpLimits limits_;
  asio::io_context context_{1};
  asio::steady_timer idle_timer_;
  std::list<tcp::acceptor> acceptors_;
  Sessions sessions_;                                        // by last_query, the most idle first
  std::map<std::pair<Family, U128>, std::size_t> networks_;  // how many sessions each has
  std::array<std::uint8_t, dns::kMessageMax> response_;
};

Endpoint TcpServer::Loop::listen(const Endpoint& endpoint) {
  Descriptor socket = bind_socket(endpoint, SOCK_STREAM, false);
  // RFC 7413: a query in the SYN, for clients that were here before. A kernel that does not do it serves without.
  const int fast_open_queue = kFastOpenQueue;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_FASTOPEN, &fast_open_queue, sizeof fast_open_queue);
  if (::listen(socket.get(), SOMAXCONN) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot listen on " + endpoint.to_string() + " (TCP)");
  }
  const Endpoint bound = bound_endpoint(socket.get());
  const auto protocol = endpoint.address.family == Family::v4 ? tcp::v4() : tcp::v6();
  tcp::acceptor& acceptor = acceptors_.emplace_back(context_);
  acceptor.assign(protocol, socket.release());
  asio::co_spawn(context_, accept(acceptor), asio::detached);
  return bound;
}

void TcpServer::Loop::run() {
  const ReaderThread registered;
  asio::co_spawn(context_, close_idle(), asio::detached);
  context_.run();
}

asio::awaitable<void> TcpServer::Loop::accept(tcp::acceptor& acceptor) {
  asio::steady_timer pause(context_);
  while (true) {
    auto [error, connected] = co_await acceptor.async_accept(kNoThrow);
    if (!error) {
      admit(std::move(connected));
    } else if (error != asio::error::connection_aborted) {
      close_most_idle();
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kNoThrow);
    }
  }
}

void TcpServer::Loop::admit(tcp::socket connected) {
  boost::system::error_code error;
  const auto peer = connected.remote_endpoint(error);
  if (error) return;  // gone already
  connected.set_option(tcp::no_delay(true), error);
  const IpAddress client = to_address(peer.address());
  std::size_t& of_network = networks_[network_key(client)];
  if (of_network >= limits_.connections_per_network) return;
  ++of_network;
  if (sessions_.size() >= limits_.connections) close_most_idle();
  auto session = std::make_shared<Session>(std::move(connected));
  session->client = client;
  asio::co_spawn(context_, serve(sessions_.insert(sessions_.end(), std::move(session))), asio::detached);
}

// The coroutine ends a session; everybody else just closes its socket, which wakes the coroutine.
asio::awaitable<void> TcpServer::Loop::serve(Sessions::iterator place) {
  Session& session = **place;
  while (true) {
    const MutableBytes room = session.input.room();
    const auto [error, size] =
        co_await session.socket.async_read_some(asio::buffer(room.data(), room.size()), kNoThrow);
    if (error) break;  // the end of the stream, too: all that came before it has been answered
    session.input.received(size);

    bool failed = false;
    bool more = true;
    while (more && !failed) {
      more = answer_whole_queries(session);
      if (session.output.empty()) continue;
      session.last_query = Clock::now();
      sessions_.splice(sessions_.end(), sessions_, place);
      failed = std::get<0>(co_await asio::async_write(session.socket, asio::buffer(session.output), kNoThrow)).failed();
      session.output.clear();
    }
    if (failed || Clock::now() - session.opened > limits_.lifetime) break;
    if (session.output.capacity() > kOutputFlush) session.output.shrink_to_fit();
  }
  const auto of_network = networks_.find(network_key(session.client));
  if (--of_network->second == 0) networks_.erase(of_network);
  sessions_.erase(place);
}

// Moves answers to the output until it is full (true: ask again) or no whole query is left.
bool TcpServer::Loop::answer_whole_queries(Session& session) {
  const Online online;
  const answer::Snapshot& snapshot = snapshot_.read();
  while (session.output.size() < kOutputFlush) {
    const auto query = session.input.next();
    if (!query) return false;
    append_answer(session, snapshot, *query);
  }
  return true;
}

void TcpServer::Loop::append_answer(Session& session, const answer::Snapshot& snapshot, Bytes query) {
  const std::size_t size =
      answer::answer(snapshot, {session.client, answer::Transport::tcp, unix_seconds()}, query, response_, random_);
  if (size == 0) return;
  std::array<std::uint8_t, kLengthSize> length;
  store_u16(length.data(), static_cast<std::uint16_t>(size));
  session.output.insert(session.output.end(), length.begin(), length.end());
  session.output.insert(session.output.end(), response_.begin(), response_.begin() + static_cast<std::ptrdiff_t>(size));
}

asio::awaitable<void> TcpServer::Loop::close_idle() {
  while (true) {
    const auto now = Clock::now();
    for (const auto& session : sessions_) {
      if (now - session->last_query < limits_.idle) break;
      boost::system::error_code ignored;
      session->socket.close(ignored);
    }
    // A quarter of the limit is as exact as anybody needs.
    idle_timer_.expires_after(limits_.idle / 4);
    co_await idle_timer_.async_wait(kNoThrow);
  }
}

void TcpServer::Loop::close_most_idle() {
  for (const auto& session : sessions_) {
    if (!session->socket.is_open()) continue;  // closed, and its coroutine about to end
    boost::system::error_code ignored;
    session->socket.close(ignored);
    return;
  }
}

TcpServer::TcpServer(std::span<const Endpoint> endpoints, const Published<answer::Snapshot>& snapshot,
                     std::uint64_t seed, TcpLimits limits)
    : loop_(std::make_unique<Loop>(snapshot, seed, limits)) {
  for (const Endpoint& endpoint : endpoints)
    bound_.push_back(loop_->listen(endpoint));
  thread_ = std::thread([this] { loop_->run(); });
  pthread_setname_np(thread_.native_handle(), "rhumb-tcp");
}

TcpServer::~TcpServer() {
  loop_->stop();
  thread_.join();
}

}  // namespace rhumb::transport
