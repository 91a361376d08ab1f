#include "health/grpc_probe.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include "health/await.hpp"
#include "health/grpc_session.hpp"
#include "health/http_head.hpp"
#include "health/tls_client.hpp"
#include "health/tls_probe.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using boost::beast::error_code;
using boost::beast::tcp_stream;
using Progress = GrpcSession::Progress;

// Most answers come whole in the first segment.
constexpr std::size_t kFramesReadSize = 4 * 1024;

Outcome call_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, "waiting for the response");
  if (error == asio::error::operation_aborted) return cancelled();
  return failed_at("closed before the response was whole", error);
}

template <typename Stream>
asio::awaitable<Outcome> call(Stream& stream, const Target& target) {
  GrpcSession session({host_field(target), target.check.service, target.check.tls != nullptr});
  std::array<char, kFramesReadSize> octets;
  while (session.progress() == Progress::incomplete) {
    const std::string output = session.take_output();
    const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(output), kAwait);
    // A server that does not want to hear more may have said why.
    if (write_error && !is_end(write_error)) co_return call_failed(target, write_error);
    const auto [error, size] = co_await stream.async_read_some(asio::buffer(octets), kAwait);
    if (error && !is_end(error)) co_return call_failed(target, error);
    if (error) {
      session.closed();
    } else {
      session.received({octets.data(), size});
    }
  }
  co_return session.progress() == Progress::serving ? success("SERVING") : failure(session.problem());
}

asio::awaitable<Outcome> call_over_tls(tcp_stream& stream, const Target& target) {
  TlsClient::Stream secured(stream, target.check.tls->context());
  TlsClient::offer_http2(secured);
  auto refused = co_await shake_hands(secured, target);
  if (refused) co_return std::move(*refused);
  if (!TlsClient::is_http2(secured)) co_return failure("TLS: the server does not offer HTTP/2 (ALPN h2)");
  Outcome outcome = co_await call(secured, target);
  outcome.warning = target.check.tls->expiry_warning(secured);
  co_return outcome;
}

}  // namespace

asio::awaitable<Outcome> probe_grpc(Abort& abort, const Target& target, Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  tcp_stream stream(executor);
  const WhenAborted when_aborted(abort, [&stream] { stream.close(); });
  auto refused = co_await connect(stream, target, deadline);
  if (refused) co_return std::move(*refused);
  Outcome outcome;
  if (target.check.tls) {
    outcome = co_await call_over_tls(stream, target);
  } else {
    outcome = co_await call(stream, target);
  }
  co_return outcome;
}

}  // namespace rhumb::health
