#include "health/http_probe.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "health/await.hpp"
#include "health/body_pattern.hpp"
#include "health/excerpt.hpp"
#include "health/http_body.hpp"
#include "health/http_head.hpp"
#include "health/load.hpp"
#include "health/redirect.hpp"
#include "health/tls_client.hpp"
#include "health/tls_probe.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using boost::beast::error_code;
using boost::beast::tcp_stream;

// What is shown of a location.
constexpr std::size_t kLocationShownMax = 128;

constexpr std::string_view kClosedEarly = "closed before the response head was whole";
constexpr std::string_view kForHead = "waiting for the response";
constexpr std::string_view kForBody = "reading the body";

Outcome head_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, kForHead);
  if (error == asio::error::operation_aborted) return cancelled();
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return failure(std::string(kClosedEarly));
  }
  return failed_at(kClosedEarly, error);
}

// What came of one request.
struct Exchange {
  Outcome outcome = {};
  std::string location = {};        // of a redirect that is to be followed; empty if it is none
  bool is_connection_free = false;  // for another request
  bool is_unheard = false;          // the connection was closed before any of the response came
};

Exchange cut_short(const Target& target, const error_code& error, bool has_begun) {
  const bool is_closed = is_end(error) || error == asio::error::broken_pipe;
  return {head_failed(target, error), {}, false, is_closed && !has_begun};
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

// "64 KiB", "1000 octets"
std::string size_text(std::size_t octets) {
  return octets % 1024 == 0 ? fmt::format("{} KiB", octets / 1024) : fmt::format("{} octets", octets);
}

// What is wanted of the body is not in it.
Outcome missing(const Check& check, int status, const BodyReader& body, std::string_view contain,
                const std::string& what) {
  if (!body.is_cut()) return failure(fmt::format("HTTP {}, but the body does not {} {}", status, contain, what));
  return failure(fmt::format("HTTP {}, but the first {} of the body do not {} {}", status, size_text(check.body_limit),
                             contain, what));
}

Outcome judge_body(const Check& check, int status, const BodyReader& body) {
  if (body.progress() == BodyReader::Progress::malformed) {
    return failure(fmt::format("HTTP {} with a malformed body: {}", status, body.problem()));
  }
  if (!check.body_contains.empty() && !body.is_found()) {
    return missing(check, status, body, "contain", '"' + check.body_contains + '"');
  }
  if (check.body_matches && !check.body_matches->is_found_in(body.body())) {
    return missing(check, status, body, "match", '/' + check.body_matches->text() + '/');
  }
  return success(fmt::format("HTTP {}", status));
}

// Nothing is moved by a load that is not understood, so it is worth a word, but says nothing of the instance's health.
void take_load(const LoadReading& reading, Outcome& outcome) {
  outcome.load = reading.load;
  if (!reading.load) outcome.warning = "it tells no load: " + reading.problem;
}

LoadReading load_of(const HeadReader& head, const std::string& name) {
  const std::string_view value = head.field(name);
  if (value.empty()) return {std::nullopt, fmt::format("the response has no header \"{}\"", name)};
  return read_load(value);
}

bool wants_body(const Check& check) noexcept {
  return !check.body_contains.empty() || check.body_matches || check.load_pointer;
}

// Reads into `body` until it is done. Nothing: it is.
template <typename Stream>
asio::awaitable<std::optional<Outcome>> read_body(Stream& stream, const Target& target, BodyReader& body) {
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
  co_return std::nullopt;
}

// The response is as wanted up to its body, or a redirect to follow, whose body is read only to free the connection.
template <typename Stream>
asio::awaitable<Exchange> finish(Stream& stream, const Target& target, HeadReader& head, std::string location) {
  const Check& check = target.check;
  const int status = head.status();
  const bool is_final = location.empty();
  Exchange exchange{success(fmt::format("HTTP {}", status)), std::move(location)};
  if (is_final && !check.load_header.empty()) take_load(load_of(head, check.load_header), exchange.outcome);
  if (check.method == Check::Method::head) {  // whatever length it announces, there is no body
    exchange.is_connection_free = head.parser().get().keep_alive() && head.buffer().size() == 0;
    co_return exchange;
  }
  if (!(is_final && wants_body(check)) && !check.keeps_connection) co_return exchange;

  BodyWants wants{"", check.body_limit, false, check.keeps_connection};
  if (is_final) wants.text = check.body_contains;
  if (is_final) wants.is_kept = check.body_matches || check.load_pointer;
  BodyReader body(head, wants);
  auto trouble = co_await read_body(stream, target, body);
  if (trouble) co_return Exchange{std::move(*trouble)};
  exchange.is_connection_free = body.is_connection_free();
  if (!is_final) co_return exchange;
  Outcome judged = judge_body(check, status, body);
  if (judged.kind != Outcome::Kind::success) co_return Exchange{std::move(judged)};
  if (check.load_pointer) take_load(read_json_load(body.body(), *check.load_pointer), exchange.outcome);
  co_return exchange;
}

template <typename Stream>
asio::awaitable<Exchange> ask(Stream& stream, const Target& target) {
  const std::string request = write_request(target);
  const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(request), kAwait);
  if (write_error) co_return cut_short(target, write_error, false);

  HeadReader head;
  auto progress = HeadReader::Progress::incomplete;
  while (progress == HeadReader::Progress::incomplete) {
    const std::span<char> space = head.space();
    const auto [read_error, size] = co_await stream.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (read_error) co_return cut_short(target, read_error, head.has_begun());
    progress = head.received(size);
  }
  std::string location;
  if (progress == HeadReader::Progress::whole && target.check.follow_redirects > 0 && is_redirect(head.status())) {
    location = head.field("Location");
  }
  if (location.empty()) {
    auto refused = refuse_head(target.check, head, progress);
    if (refused) co_return Exchange{std::move(*refused)};
  }
  Exchange exchange = co_await finish(stream, target, head, std::move(location));
  co_return exchange;
}

asio::awaitable<std::optional<Outcome>> open(HttpConnection& connection, const Target& target, Deadline deadline) {
  auto refused = co_await connect(connection.stream, target, deadline);
  if (!refused && connection.secured) refused = co_await shake_hands(*connection.secured, target);
  co_return refused;
}

std::string redirects_text(int count) {
  return fmt::format("{} {}", count, count == 1 ? "redirect" : "redirects");
}

// Asks for what the location names in the next request. Nothing: it does.
std::optional<Outcome> redirect(Target& asked, const Exchange& exchange, int redirects) {
  const std::string& evidence = exchange.outcome.evidence;  // "HTTP 302"
  if (redirects >= asked.check.follow_redirects) {
    return failure(fmt::format("{} to \"{}\", after {} already", evidence,
                               excerpt(exchange.location, kLocationShownMax), redirects_text(redirects)));
  }
  auto path = follow(asked, exchange.location);
  if (!path)
    return failure(
        fmt::format("{} to \"{}\", which is not followed", evidence, excerpt(exchange.location, kLocationShownMax)));
  asked.check.path = std::move(*path);
  return std::nullopt;
}

Outcome tell_redirects(Outcome outcome, int redirects) {
  if (outcome.kind == Outcome::Kind::success && redirects > 0) {
    outcome.evidence += " after " + redirects_text(redirects);
  }
  return outcome;
}

std::string joined(std::string one, const std::string& other) {
  if (!one.empty() && !other.empty()) one += "; ";
  return one += other;
}

}  // namespace

asio::awaitable<Outcome> probe_http(Abort& abort, std::unique_ptr<HttpConnection>& kept, const Target& target,
                                    Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Target asked = target;  // its path changes with redirects
  auto connection = take_kept(kept, target, std::chrono::steady_clock::now());
  const WhenAborted when_aborted(abort, [&connection] {
    if (connection) connection->stream.close();
  });
  for (int redirects = 0; !abort.is_aborted();) {
    const bool is_used = connection != nullptr;
    if (is_used) {
      connection->stream.expires_at(deadline);
    } else {
      connection = std::make_unique<HttpConnection>(executor, target);
      auto refused = co_await open(*connection, target, deadline);
      if (refused) co_return std::move(*refused);
    }
    Exchange exchange;
    if (connection->secured) {
      exchange = co_await ask(*connection->secured, asked);
      exchange.outcome.warning =
          joined(target.check.tls->expiry_warning(*connection->secured), exchange.outcome.warning);
    } else {
      exchange = co_await ask(connection->stream, asked);
    }
    if (!target.check.keeps_connection || !exchange.is_connection_free) connection.reset();
    // Closed while it rested, as servers do: that says nothing.
    if (is_used && exchange.is_unheard) continue;
    if (exchange.location.empty()) {
      kept = std::move(connection);
      co_return tell_redirects(std::move(exchange.outcome), redirects);
    }
    auto refused = redirect(asked, exchange, redirects++);
    if (refused) co_return std::move(*refused);
  }
  co_return cancelled();
}

}  // namespace rhumb::health
