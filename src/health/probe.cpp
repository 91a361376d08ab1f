#include "health/probe.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "health/http_head.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::beast::error_code;
using boost::beast::tcp_stream;
using Clock = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::string_view kClosedEarly = "closed before the response head was whole";

Outcome success(std::string evidence) {
  return {Outcome::Kind::success, std::move(evidence)};
}

Outcome failure(std::string evidence) {
  return {Outcome::Kind::failure, std::move(evidence)};
}

Outcome inconclusive(std::string evidence) {
  return {Outcome::Kind::inconclusive, std::move(evidence)};
}

std::string time_since(Clock::time_point start) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
  return duration_text(static_cast<std::uint64_t>(ms));
}

tcp::endpoint endpoint_of(const Target& target) {
  const IpAddress& address = target.address;
  if (address.family == Family::v4) return {asio::ip::address_v4(address.as_v4()), target.check.port};
  asio::ip::address_v6::bytes_type octets;
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<unsigned char>(address.bits >> (8 * (octets.size() - 1 - i)));
  return {asio::ip::address_v6(octets), target.check.port};
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
  if (error == boost::beast::error::timeout) return timed_out(target, "waiting for the response");
  if (error == asio::error::operation_aborted) return inconclusive("cancelled");
  if (error == asio::error::eof) return failure(std::string(kClosedEarly));
  std::string evidence = fmt::format("{}: {}", kClosedEarly, error.message());
  return is_local_trouble(error) ? inconclusive(std::move(evidence)) : failure(std::move(evidence));
}

Outcome judge_head(const HeadReader& head, HeadReader::Progress progress, Clock::time_point start) {
  if (progress == HeadReader::Progress::malformed) return failure("malformed response: " + head.problem());
  if (progress == HeadReader::Progress::too_long) {
    return failure(fmt::format("response head over {} KiB", kHeadMax / 1024));
  }
  const int status = head.status();
  if (status < 200 || status > 399) return failure(fmt::format("HTTP {}", status));
  return success(fmt::format("HTTP {} in {}", status, time_since(start)));
}

asio::awaitable<Outcome> exchange(tcp_stream& stream, const Target& target, Clock::time_point start) {
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
  co_return judge_head(head, progress, start);
}

asio::awaitable<Outcome> probe_address(tcp_stream& stream, const Target& target, Clock::time_point start,
                                       Clock::time_point deadline) {
  stream.expires_at(deadline);  // for all that follows, not each
  const auto [error] = co_await stream.async_connect(endpoint_of(target), kAwait);
  if (error) co_return connect_failed(target, error);
  if (is_connected_to_itself(stream)) co_return failure("connect: the port is closed (connected to itself)");
  if (target.check.type == Check::Type::tcp) co_return success("connected in " + time_since(start));
  Outcome outcome = co_await exchange(stream, target, start);
  co_return outcome;
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
  Outcome outcome = co_await probe_address(stream, resolved, start, deadline);
  co_return outcome;
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

std::string duration_text(std::uint64_t ms) {
  return ms < 1'000 ? fmt::format("{}ms", ms) : fmt::format("{}s", static_cast<double>(ms) / 1'000);
}

}  // namespace rhumb::health
