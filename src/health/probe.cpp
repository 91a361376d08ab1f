#include "health/probe.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "health/duration_text.hpp"
#include "health/http_body.hpp"
#include "health/http_head.hpp"
#include "health/tls_client.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::beast::error_code;
using boost::beast::tcp_stream;
using Clock = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::string_view kClosedEarly = "closed before the response head was whole";
constexpr std::string_view kForResponse = "waiting for the response";
constexpr std::string_view kForBody = "reading the body";

Outcome success(std::string evidence) {
  return {Outcome::Kind::success, std::move(evidence), {}};
}

Outcome failure(std::string evidence) {
  return {Outcome::Kind::failure, std::move(evidence), {}};
}

Outcome inconclusive(std::string evidence) {
  return {Outcome::Kind::inconclusive, std::move(evidence), {}};
}

std::uint64_t ms_since(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
}

tcp::endpoint to_endpoint(const IpAddress& address, std::uint16_t port) {
  if (address.family == Family::v4) return {asio::ip::address_v4(address.as_v4()), port};
  asio::ip::address_v6::bytes_type octets;
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<unsigned char>(address.bits >> (8 * (octets.size() - 1 - i)));
  return {asio::ip::address_v6(octets), port};
}

// A connection to a closed port in the ephemeral range of this machine can be given that very port as its own, and then
// TCP's simultaneous open connects it to itself. Rare, but it would bring a dead target up.
bool is_connected_to_itself(const tcp_stream& stream) {
  error_code ignored;
  const tcp::endpoint local = stream.socket().local_endpoint(ignored);
  error_code failed;
  return local == stream.socket().remote_endpoint(failed) && !ignored && !failed;
}

Outcome timed_out(const Target& target, std::string_view activity) {
  return failure(fmt::format("timeout after {} {}", duration_text(target.check.timeout_ms), activity));
}

Outcome connect_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, "connecting");
  if (error == asio::error::operation_aborted) return inconclusive("cancelled");
  std::string evidence = "connect: " + error.message();
  return is_local_trouble(error) ? inconclusive(std::move(evidence)) : failure(std::move(evidence));
}

Outcome exchange_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, kForResponse);
  if (error == asio::error::operation_aborted) return inconclusive("cancelled");
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return failure(std::string(kClosedEarly));
  }
  std::string evidence = fmt::format("{}: {}", kClosedEarly, error.message());
  return is_local_trouble(error) ? inconclusive(std::move(evidence)) : failure(std::move(evidence));
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

// The end of the connection is one of the body, whatever length it announced: what was sent is what is searched.
bool is_end(const error_code& error) noexcept {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::ssl::error::stream_truncated;
}

template <typename Stream>
asio::awaitable<Outcome> read_body(Stream& stream, const Target& target, HeadReader& head) {
  const int status = head.status();
  BodyReader body(head, target.check.body_contains);
  while (body.progress() == BodyReader::Progress::incomplete) {
    const std::span<char> space = body.space();
    const auto [error, size] = co_await stream.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (error == boost::beast::error::timeout) co_return timed_out(target, kForBody);
    if (error == asio::error::operation_aborted) co_return inconclusive("cancelled");
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

Outcome converse_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, "waiting for the expected text");
  if (error == asio::error::operation_aborted) return inconclusive("cancelled");
  if (is_end(error)) return failure("closed before the expected text came");
  return failure("the expected text did not come: " + error.message());
}

asio::awaitable<Outcome> converse(tcp_stream& stream, const Target& target) {
  const std::string& expect = target.check.expect;
  const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(target.check.send), kAwait);
  if (write_error) co_return converse_failed(target, write_error);
  if (expect.empty()) co_return success("connected");

  std::array<char, kReplyMax> reply;
  std::size_t size = 0;
  while (size < reply.size()) {
    const auto [error, added] =
        co_await stream.async_read_some(asio::buffer(reply.data() + size, reply.size() - size), kAwait);
    if (error) co_return converse_failed(target, error);
    // Each octet is looked at once: the text may begin in what came before.
    const std::size_t start = size - std::min(size, expect.size() - 1);
    size += added;
    const std::string_view searched(reply.data() + start, size - start);
    if (searched.find(expect) != std::string_view::npos) co_return success("connected, and the expected text came");
  }
  co_return failure(fmt::format("the first {} KiB that came have not the expected text", kReplyMax / 1024));
}

Outcome handshake_failed(const Target& target, const error_code& error, const std::string& problem) {
  if (error == boost::beast::error::timeout) return timed_out(target, "in the TLS handshake");
  if (error == asio::error::operation_aborted) return inconclusive("cancelled");
  if (!problem.empty()) return failure("TLS: " + problem);
  if (is_end(error)) return failure("TLS: closed in the handshake");
  return failure("TLS: " + error.message());
}

asio::awaitable<Outcome> probe_over_tls(tcp_stream& stream, const Target& target) {
  const TlsClient& client = *target.check.tls;
  TlsClient::Stream secured(stream, client.context());
  std::string problem;
  client.prepare(secured, host_field(target), problem);
  const auto [error] = co_await secured.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (error) co_return handshake_failed(target, error, problem);
  Outcome outcome = success("TLS handshake");
  if (target.check.type == Check::Type::https) outcome = co_await ask_http(secured, target);
  outcome.warning = client.expiry_warning(secured);
  co_return outcome;
}

// Makes the connection leave from the check's source address. The port is chosen when it connects: chosen here, each
// would be taken from all other connections of this address too, and there are some 28,000.
error_code bind_source(tcp_stream& stream, const Target& target) {
  const IpAddress& source = target.check.source_address;
  error_code error;
  if (source.bits == 0 || source.family != target.address.family) return error;
  const tcp::endpoint local = to_endpoint(source, 0);
  tcp::socket& socket = stream.socket();
  socket.open(local.protocol(), error);
  if (error) return error;
  const int on = 1;
  setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  socket.bind(local, error);
  return error;
}

Outcome bind_failed(const Target& target, const error_code& error) {
  std::string evidence = fmt::format("bind {}: {}", target.check.source_address.to_string(), error.message());
  return is_local_trouble(error) ? inconclusive(std::move(evidence)) : failure(std::move(evidence));
}

asio::awaitable<Outcome> probe_address(tcp_stream& stream, const Target& target, Clock::time_point deadline) {
  if (const error_code error = bind_source(stream, target)) co_return bind_failed(target, error);
  stream.expires_at(deadline);  // for all that follows, not each
  const auto [error] = co_await stream.async_connect(to_endpoint(target.address, target.check.port), kAwait);
  if (error) co_return connect_failed(target, error);
  if (is_connected_to_itself(stream)) co_return failure("connect: the port is closed (connected to itself)");
  Outcome outcome;
  if (target.check.type == Check::Type::tcp) {
    outcome = co_await converse(stream, target);
  } else if (target.check.tls) {
    outcome = co_await probe_over_tls(stream, target);
  } else {
    outcome = co_await ask_http(stream, target);
  }
  co_return outcome;
}

// Adds to a success the time that it took, and fails it if that was too long.
Outcome judge_time(const Check& check, Outcome outcome, std::uint64_t taken_ms) {
  if (outcome.kind != Outcome::Kind::success) return outcome;
  outcome.evidence += " in " + duration_text(taken_ms);
  if (check.max_response_ms == 0 || taken_ms <= check.max_response_ms) return outcome;
  outcome.kind = Outcome::Kind::failure;
  outcome.evidence += ", longer than " + duration_text(check.max_response_ms);
  return outcome;
}

Outcome resolution_failed(const Target& target, const Resolution& resolution) {
  switch (resolution.kind) {
    case Resolution::Kind::timeout:
      return timed_out(target, "resolving " + target.resolved_name);
    case Resolution::Kind::cancelled:
      return inconclusive("cancelled");
    case Resolution::Kind::local_trouble:
      return inconclusive(fmt::format("resolving {}: {}", target.resolved_name, resolution.problem));
    case Resolution::Kind::not_found:
    case Resolution::Kind::found:
      break;
  }
  return failure(fmt::format("resolving {}: {}", target.resolved_name, resolution.problem));
}

}  // namespace

asio::awaitable<Outcome> probe(tcp_stream& stream, Resolver& resolver, asio::steady_timer& timer,
                               const Target& target) {
  const Clock::time_point start = Clock::now();
  const Clock::time_point deadline = start + std::chrono::milliseconds(target.check.timeout_ms);
  Target resolved = target;
  if (!target.resolved_name.empty()) {
    const Resolution resolution = co_await resolver.resolve(target.resolved_name, timer, deadline);
    if (resolution.kind != Resolution::Kind::found) co_return resolution_failed(target, resolution);
    resolved.address = resolution.address;
  }
  Outcome outcome = co_await probe_address(stream, resolved, deadline);
  co_return judge_time(target.check, std::move(outcome), ms_since(start));
}

bool is_local_trouble(const error_code& error) noexcept {
  if (error.category() != boost::system::system_category()) return false;
  switch (error.value()) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EACCES:
    case EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace rhumb::health
