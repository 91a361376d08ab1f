#include "query_load.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <set>
#include <system_error>
#include <vector>

#include "support/dns_client.hpp"
#include "transport/socket.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using Clock = std::chrono::steady_clock;

dns::Message numbered(std::uint16_t id) {
  auto query = dns::query_message("www.example.com", dns::type::kA);
  store_u16(query.data(), id);
  return query;
}

std::uint16_t id_of(const Octets& message) {
  return message.size() < 2 ? std::uint16_t{0} : load_u16(message.data());
}

// One port of many queries in flight.
class UdpAsker {
 public:
  explicit UdpAsker(const Endpoint& server)
      : socket_(::socket(server.address.family == Family::v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const transport::SocketAddress address = transport::to_socket_address(server);
    if (connect(socket_.get(), &address.any, transport::size_of(address)) != 0) {
      throw std::system_error(errno, std::generic_category(), "connect to " + server.to_string());
    }
  }

  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] std::size_t open_count() const { return open_.size(); }
  void ask() {
    const auto query = numbered(next_);
    send(socket_.get(), query.data(), query.size(), 0);
    open_.insert(next_++);
  }
  // How many queries have been answered since.
  std::size_t take_answers() {
    Octets answer(kDatagramMax);
    std::size_t count = 0;
    while (true) {
      const ssize_t size = recv(socket_.get(), answer.data(), answer.size(), MSG_DONTWAIT);
      if (size < 2) return count;
      count += open_.erase(load_u16(answer.data()));
    }
  }

 private:
  static constexpr std::size_t kDatagramMax = 1'500;

  transport::Descriptor socket_;
  std::set<std::uint16_t> open_;  // queries that have no answer yet
  std::uint16_t next_ = 0;
};

}  // namespace

QueryLoad::QueryLoad(Over over, const Endpoint& server, double rate)
    : server_(server), rate_(rate), thread_([this, over] { over == Over::udp ? ask_over_udp() : ask_over_tcp(); }) {}

QueryLoad::~QueryLoad() {
  stop();
}

void QueryLoad::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

bool QueryLoad::may_ask() const {
  const std::chrono::duration<double> since = Clock::now() - start_;
  return static_cast<double>(asked_) < since.count() * rate_;
}

void QueryLoad::ask_over_udp() {
  std::vector<std::unique_ptr<UdpAsker>> askers;
  std::vector<pollfd> watched;
  for (std::size_t i = 0; i < kSockets; ++i) {
    askers.push_back(std::make_unique<UdpAsker>(server_));
    watched.push_back({askers.back()->socket(), POLLIN, 0});
  }
  Clock::time_point until = Clock::time_point::max();
  for (std::size_t open = 0; !stopping_ || (open > 0 && Clock::now() < until);) {
    if (stopping_ && until == Clock::time_point::max()) until = Clock::now() + kPatience;
    open = 0;
    for (const auto& asker : askers) {
      while (!stopping_ && asker->open_count() < kWindow && may_ask()) {
        asker->ask();
        ++asked_;
      }
      answered_ += asker->take_answers();
      open += asker->open_count();
    }
    poll(watched.data(), watched.size(), 1);
  }
}

void QueryLoad::ask_over_tcp() {
  std::vector<std::unique_ptr<TcpClient>> clients(kConnections);
  for (std::uint16_t round = 0; !stopping_; ++round) {
    if (!may_ask()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    for (auto& client : clients) {
      if (!client) client = std::make_unique<TcpClient>(server_);
      // In pieces that end within a query: one may be cut when its connection changes hands.
      Octets octets;
      for (std::uint16_t i = 0; i < kPipeline; ++i) {
        const Octets one = with_length(numbered(i));
        octets.insert(octets.end(), one.begin(), one.end());
      }
      const std::size_t cut = 1 + round % (octets.size() - 1);
      client->send_raw(Bytes(octets).first(cut));
      client->send_raw(Bytes(octets).subspan(cut));
      asked_ += kPipeline;
    }
    for (auto& client : clients) {
      for (std::uint16_t i = 0; client && i < kPipeline; ++i) {
        const auto answer = client->receive();
        if (answer && id_of(*answer) == i) {
          ++answered_;
        } else {
          ++broken_;
          client.reset();
        }
      }
    }
    ask_once_over_tcp();
  }
}

void QueryLoad::ask_once_over_tcp() {
  ++asked_;
  try {
    const TcpClient client(server_);
    client.send_raw(with_length(numbered(7)));
    if (client.receive()) return static_cast<void>(++answered_);
  } catch (const std::system_error&) {
    // refused: counted below
  }
  ++broken_;
}

}  // namespace rhumb::test
