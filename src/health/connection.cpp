#include "health/connection.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <fmt/format.h>

#include "health/await.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::beast::error_code;
using boost::beast::tcp_stream;

// A connection to a closed port in the ephemeral range of this machine can be given that very port as its own, and then
// TCP's simultaneous open connects it to itself. Rare, but it would bring a dead target up.
bool is_connected_to_itself(const tcp_stream& stream) {
  error_code ignored;
  const tcp::endpoint local = stream.socket().local_endpoint(ignored);
  error_code failed;
  return local == stream.socket().remote_endpoint(failed) && !ignored && !failed;
}

Outcome connect_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, "connecting");
  if (error == asio::error::operation_aborted) return cancelled();
  return failed_at("connect", error);
}

// Makes the connection leave from the check's source address. The port is chosen when it connects: chosen here, each
// would be taken from all other connections of this address too, and there are some 28,000.
error_code bind_source(tcp_stream& stream, const Target& target) {
  const IpAddress& source = target.check.source_address;
  error_code error;
  if (source.bits == 0 || source.family != target.address.family) return error;
  const tcp::endpoint local(to_asio(source), 0);
  tcp::socket& socket = stream.socket();
  socket.open(local.protocol(), error);
  if (error) return error;
  const int on = 1;
  setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  socket.bind(local, error);
  return error;
}

}  // namespace

asio::awaitable<std::optional<Outcome>> connect(tcp_stream& stream, const Target& target, Deadline deadline) {
  if (const error_code error = bind_source(stream, target)) {
    co_return failed_at("bind " + target.check.source_address.to_string(), error);
  }
  stream.expires_at(deadline);
  const tcp::endpoint remote(to_asio(target.address), target.check.port);
  const auto [error] = co_await stream.async_connect(remote, kAwait);
  if (error) co_return connect_failed(target, error);
  if (is_connected_to_itself(stream)) co_return failure("connect: the port is closed (connected to itself)");
  co_return std::nullopt;
}

bool is_end(const error_code& error) noexcept {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::ssl::error::stream_truncated;
}

asio::ip::address to_asio(const IpAddress& address) {
  if (address.family == Family::v4) return asio::ip::address_v4(address.as_v4());
  asio::ip::address_v6::bytes_type octets;
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<unsigned char>(address.bits >> (8 * (octets.size() - 1 - i)));
  return asio::ip::address_v6(octets);
}

}  // namespace rhumb::health
