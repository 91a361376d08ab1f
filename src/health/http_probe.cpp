#include "health/http_probe.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "health/http_body.hpp"
#include "health/http_head.hpp"
#include "health/tls_client.hpp"
#include "health/tls_probe.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using boost::beast::error_code;
using boost::beast::tcp_stream;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::string_view kClosedEarly = "closed before the response head was whole";
constexpr std::string_view kForResponse = "waiting for the response";
constexpr std::string_view kForBody = "reading the body";

Outcome exchange_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, kForResponse);
  if (error == asio::error::operation_aborted) return cancelled();
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return failure(std::string(kClosedEarly));
  }
  return failed_at(kClosedEarly, error);
}

// Why the head is none that is wanted; nothing if it is one.
std::optional<Outcome> refuse_head(const Check& check, const HeadReader& head, HeadReader::Progress progress) {
  if (progress == HeadReader::Progress::malformed) return failure("malformed response: " + head.problem());
  if (progress == HeadReader::Progress::too_long) {
    return failure(fmt::format("response head over {} KiB", kHeadMax / 1024));
  }
  const int status = head.status();
  const auto has_status = [&](const StatusRange& range) { return range.first <= status && status <= range.last; };
  if (!std::ranges::any_of(check.expected_status, has_status)) return failure(fmt::format("HTTP {}", status));
  return std::nullopt;
}

Outcome judge_body(const Check& check, int status, const BodyReader& body) {
  if (body.progress() == BodyReader::Progress::found) return success(fmt::format("HTTP {}", status));
  if (body.progress() == BodyReader::Progress::malformed) {
    return failure(fmt::format("HTTP {} with a malformed body: {}", status, body.problem()));
  }
  return failure(body.is_cut()
                     ? fmt::format("HTTP {}, but the first {} KiB of the body do not contain \"{}\"", status,
                                   kBodyMax / 1024, check.body_contains)
                     : fmt::format("HTTP {}, but the body does not contain \"{}\"", status, check.body_contains));
}

template <typename Stream>
asio::awaitable<Outcome> read_body(Stream& stream, const Target& target, HeadReader& head) {
  const int status = head.status();
  BodyReader body(head, target.check.body_contains);
  while (body.progress() == BodyReader::Progress::incomplete) {
    const std::span<char> space = body.space();
    const auto [error, size] = co_await stream.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (error == boost::beast::error::timeout) co_return timed_out(target, kForBody);
    if (error == asio::error::operation_aborted) co_return cancelled();
    // The end of the connection is one of the body, whatever length it announced: what was sent is what is searched.
    if (error && !is_end(error)) co_return failure(fmt::format("{}: {}", kForBody, error.message()));
    if (error) break;
    body.received(size);
  }
  co_return judge_body(target.check, status, body);
}

template <typename Stream>
asio::awaitable<Outcome> ask_http(Stream& stream, const Target& target) {
  const std::string request = write_request(target);
  const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(request), kAwait);
  if (write_error) co_return exchange_failed(target, write_error);

  HeadReader head;
  auto progress = HeadReader::Progress::incomplete;
  while (progress == HeadReader::Progress::incomplete) {
    const std::span<char> space = head.space();
    const auto [read_error, size] = co_await stream.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (read_error) co_return exchange_failed(target, read_error);
    progress = head.received(size);
  }
  if (auto refused = refuse_head(target.check, head, progress)) co_return std::move(*refused);
  if (target.check.body_contains.empty()) co_return success(fmt::format("HTTP {}", head.status()));
  Outcome outcome = co_await read_body(stream, target, head);
  co_return outcome;
}

asio::awaitable<Outcome> ask_over_tls(tcp_stream& stream, const Target& target) {
  TlsClient::Stream secured(stream, target.check.tls->context());
  auto refused = co_await shake_hands(secured, target);
  if (refused) co_return std::move(*refused);
  Outcome outcome = co_await ask_http(secured, target);
  outcome.warning = target.check.tls->expiry_warning(secured);
  co_return outcome;
}

}  // namespace

asio::awaitable<Outcome> probe_http(Abort& abort, const Target& target, Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  tcp_stream stream(executor);
  const WhenAborted when_aborted(abort, [&stream] { stream.close(); });
  auto refused = co_await connect(stream, target, deadline);
  if (refused) co_return std::move(*refused);
  Outcome outcome;
  if (target.check.tls) {
    outcome = co_await ask_over_tls(stream, target);
  } else {
    outcome = co_await ask_http(stream, target);
  }
  co_return outcome;
}

}  // namespace rhumb::health
