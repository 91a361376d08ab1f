#include "health/tls_probe.hpp"

#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include "health/await.hpp"
#include "health/http_head.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using boost::beast::error_code;
using boost::beast::tcp_stream;

Outcome handshake_failed(const Target& target, const error_code& error, const std::string& problem) {
  if (error == boost::beast::error::timeout) return timed_out(target, "in the TLS handshake");
  if (error == asio::error::operation_aborted) return cancelled();
  if (!problem.empty()) return failure("TLS: " + problem);
  if (is_end(error)) return failure("TLS: closed in the handshake");
  return failure("TLS: " + error.message());
}

}  // namespace

asio::awaitable<std::optional<Outcome>> shake_hands(TlsClient::Stream& secured, const Target& target) {
  std::string problem;
  target.check.tls->prepare(secured, host_field(target), problem);
  const auto [error] = co_await secured.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (error) co_return handshake_failed(target, error, problem);
  co_return std::nullopt;
}

asio::awaitable<Outcome> probe_tls(Abort& abort, const Target& target, Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  tcp_stream stream(executor);
  const WhenAborted when_aborted(abort, [&stream] { stream.close(); });
  auto refused = co_await connect(stream, target, deadline);
  if (refused) co_return std::move(*refused);
  TlsClient::Stream secured(stream, target.check.tls->context());
  refused = co_await shake_hands(secured, target);
  if (refused) co_return std::move(*refused);
  Outcome outcome = success("TLS handshake");
  outcome.warning = target.check.tls->expiry_warning(secured);
  co_return outcome;
}

}  // namespace rhumb::health
