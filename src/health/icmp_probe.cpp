#include "health/icmp_probe.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <linux/icmp.h>

#include "health/await.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::generic::datagram_protocol;
using boost::beast::error_code;

// More than a reply and the longest IPv4 header.
constexpr std::size_t kReceivedMax = kEchoSize + 60 + 1;

Outcome not_permitted(const error_code& error) {
  return inconclusive(
      fmt::format("socket: {}; give the server the capability CAP_NET_RAW, or include its group in "
                  "net.ipv4.ping_group_range",
                  error.message()));
}

// Of a raw socket, which would be given every ICMP message of the target.
void take_replies_only(int descriptor, Family family) {
  if (family == Family::v4) {
    icmp_filter filter{~(1U << ICMP_ECHOREPLY)};
    setsockopt(descriptor, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
    return;
  }
  icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
  setsockopt(descriptor, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
}

// That the target is unreachable, which routers say, is told to the socket.
void take_errors(int descriptor, Family family) {
  const int on = 1;
  if (family == Family::v4) {
    setsockopt(descriptor, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
  } else {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
  }
}

// Why there is no socket; nothing if there is one.
std::optional<Outcome> open(EchoSocket& opened, Family family) {
  const int domain = family == Family::v4 ? AF_INET : AF_INET6;
  const int protocol = family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  int descriptor = ::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
  opened.is_raw = descriptor < 0;
  if (opened.is_raw) descriptor = ::socket(domain, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) {
    const error_code error(errno, boost::system::system_category());
    const bool is_forbidden = error.value() == EPERM || error.value() == EACCES;
    return is_forbidden ? not_permitted(error) : failed_at("socket", error);
  }
  if (opened.is_raw) take_replies_only(descriptor, family);
  take_errors(descriptor, family);
  error_code error;
  opened.socket.assign(datagram_protocol(domain, protocol), descriptor, error);
  if (!error) return std::nullopt;
  ::close(descriptor);
  return failed_at("socket", error);
}

datagram_protocol::endpoint endpoint_of(const IpAddress& address) {
  return asio::ip::udp::endpoint(to_asio(address), 0);
}

// From then on the kernel delivers only what comes from the target.
std::optional<Outcome> connect_to(const Target& target, datagram_protocol::socket& socket) {
  error_code error;
  const IpAddress& source = target.check.source_address;
  if (source.bits != 0 && source.family == target.address.family) socket.bind(endpoint_of(source), error);
  if (error) return failed_at("bind " + source.to_string(), error);
  socket.connect(endpoint_of(target.address), error);
  if (error) return failed_at("connect", error);
  return std::nullopt;
}

Echo make_echo(EchoSocket& opened) {
  Echo echo;
  static_assert(std::has_unique_object_representations_v<Echo>);
  getrandom(&echo, sizeof(echo), 0);  // so few octets it always gives
  if (opened.is_raw) return echo;
  sockaddr_in6 local{};  // or sockaddr_in: the port is at the same place
  socklen_t size = sizeof(local);
  if (getsockname(opened.socket.native_handle(), reinterpret_cast<sockaddr*>(&local), &size) == 0) {
    echo.identifier = ntohs(local.sin6_port);
  }
  return echo;
}

}  // namespace

asio::awaitable<Outcome> exchange_echo(EchoSocket& socket, const Cutoff& cutoff, const Target& target,
                                       const Echo& echo) {
  constexpr std::string_view kActivity = "waiting for the echo reply";
  const Family family = target.address.family;
  const bool has_header = socket.is_raw && family == Family::v4;
  const EchoMessage request = write_echo_request(family, echo);
  const auto [send_error, sent] = co_await socket.socket.async_send(asio::buffer(request), kAwait);
  if (cutoff.has_come()) co_return cutoff.outcome(target, kActivity);
  if (send_error) co_return failed_at("sending the echo request", send_error);

  std::array<std::uint8_t, kReceivedMax> received;
  while (true) {
    const auto [error, size] = co_await socket.socket.async_receive(asio::buffer(received), kAwait);
    if (cutoff.has_come()) co_return cutoff.outcome(target, kActivity);
    if (error) co_return failed_at(kActivity, error);
    const Bytes datagram(received.data(), size);
    const Bytes message = has_header ? without_ipv4_header(datagram) : datagram;
    if (is_reply_to(family, echo, message)) co_return success("echo reply");
  }
}

asio::awaitable<Outcome> probe_icmp(Abort& abort, const Target& target, Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  EchoSocket socket{datagram_protocol::socket(executor), false};
  auto refused = open(socket, target.address.family);
  if (!refused) refused = connect_to(target, socket.socket);
  if (refused) co_return std::move(*refused);
  const Cutoff cutoff(abort, executor, deadline, [&socket] {
    error_code ignored;
    socket.socket.close(ignored);
  });
  const Echo echo = make_echo(socket);
  Outcome outcome = co_await exchange_echo(socket, cutoff, target, echo);
  co_return outcome;
}

}  // namespace rhumb::health
