#include "health/dns_probe.hpp"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include "health/await.hpp"
#include "health/cutoff.hpp"
#include "health/dns_message.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::beast::error_code;
using boost::beast::tcp_stream;
using Octets = std::vector<std::uint8_t>;

constexpr std::string_view kForResponse = "waiting for the response";

// What a response over UDP may have without EDNS (RFC 1035 §4.2.1) is less; whoever sends more is read all the same.
constexpr std::size_t kDatagramMax = dns::kUdpPayloadMax;

// Not to be guessed: whoever is not on the way cannot answer in the instance's place.
std::uint16_t random_id() {
  std::uint16_t id = 0;
  getrandom(&id, sizeof(id), 0);  // so few octets it always gives
  return id;
}

// A connected socket gets nothing but what comes from the target, and the errors that routers report.
std::optional<Outcome> connect_to(const Target& target, udp::socket& socket) {
  const udp::endpoint remote(to_asio(target.address), target.check.port);
  const IpAddress& source = target.check.source_address;
  error_code error;
  socket.open(remote.protocol(), error);
  if (error) return failed_at("socket", error);
  if (source.bits != 0 && source.family == target.address.family) {
    socket.bind(udp::endpoint(to_asio(source), 0), error);
    if (error) return failed_at("bind " + source.to_string(), error);
  }
  socket.connect(remote, error);
  if (error) return failed_at("connect", error);
  return std::nullopt;
}

asio::awaitable<DnsVerdict> ask_over_udp(Abort& abort, const Target& target, Deadline deadline, std::uint16_t id) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  udp::socket socket(executor);
  if (auto refused = connect_to(target, socket)) co_return DnsVerdict{false, std::move(*refused)};
  const Cutoff cutoff(abort, executor, deadline, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  const Octets query = write_query(target.check, id);
  const auto [send_error, sent] = co_await socket.async_send(asio::buffer(query), kAwait);
  if (cutoff.has_come()) co_return DnsVerdict{false, cutoff.outcome(target, kForResponse)};
  if (send_error) co_return DnsVerdict{false, failed_at("sending the query", send_error)};

  std::array<std::uint8_t, kDatagramMax> datagram;
  while (true) {
    const auto [error, size] = co_await socket.async_receive(asio::buffer(datagram), kAwait);
    if (cutoff.has_come()) co_return DnsVerdict{false, cutoff.outcome(target, kForResponse)};
    if (error) co_return DnsVerdict{false, failed_at(kForResponse, error)};
    auto verdict = judge_response(target.check, id, Bytes(datagram.data(), size));
    if (verdict) co_return std::move(*verdict);
  }
}

Outcome exchange_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, kForResponse);
  if (error == asio::error::operation_aborted) return cancelled();
  if (is_end(error)) return failure("closed before the response was whole");
  return failed_at(kForResponse, error);
}

asio::awaitable<Outcome> ask_over_tcp(Abort& abort, const Target& target, Deadline deadline, std::uint16_t id) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  tcp_stream stream(executor);
  const WhenAborted when_aborted(abort, [&stream] { stream.close(); });
  auto refused = co_await connect(stream, target, deadline);
  if (refused) co_return std::move(*refused);

  Octets message = write_query(target.check, id);
  const auto query_size = static_cast<std::uint16_t>(message.size());
  std::array<std::uint8_t, 2> length{static_cast<std::uint8_t>(query_size >> 8), static_cast<std::uint8_t>(query_size)};
  message.insert(message.begin(), length.begin(), length.end());
  const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(message), kAwait);
  if (write_error) co_return exchange_failed(target, write_error);
  const auto [length_error, length_read] = co_await asio::async_read(stream, asio::buffer(length), kAwait);
  if (length_error) co_return exchange_failed(target, length_error);
  message.resize(static_cast<std::size_t>(length[0] << 8 | length[1]));
  const auto [error, size] = co_await asio::async_read(stream, asio::buffer(message), kAwait);
  if (error) co_return exchange_failed(target, error);
  auto verdict = judge_response(target.check, id, message);
  if (!verdict) co_return failure("what came over TCP is no response to the query");
  co_return std::move(verdict->outcome);
}

}  // namespace

asio::awaitable<Outcome> probe_dns(Abort& abort, const Target& target, Deadline deadline) {
  const std::uint16_t id = random_id();
  if (!target.check.is_over_tcp) {
    DnsVerdict verdict = co_await ask_over_udp(abort, target, deadline, id);
    if (!verdict.is_truncated || abort.is_aborted()) co_return std::move(verdict.outcome);
  }
  Outcome outcome = co_await ask_over_tcp(abort, target, deadline, id);
  co_return outcome;
}

}  // namespace rhumb::health
