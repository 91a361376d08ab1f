#include "control/webhook.hpp"

#include <array>
#include <cstdint>
#include <new>
#include <random>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/ip_address.hpp"
#include "health/await.hpp"
#include "health/probe.hpp"
#include "health/tls_client.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::tcp_stream;
using boost::system::error_code;

using health::kAwait;

constexpr int kStatusOk = 200;
constexpr int kStatusRedirection = 300;
constexpr int kStatusTooManyRequests = 429;
constexpr int kStatusServerError = 500;

std::string to_hex(const unsigned char* octets, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i)
    text += fmt::format("{:02x}", octets[i]);
  return text;
}

// 128 random bits: no two deliveries, of however many servers, have the same.
std::string new_delivery() {
  std::array<unsigned char, 16> octets{};
  if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) throw std::bad_alloc();
  return to_hex(octets.data(), octets.size());
}

std::chrono::sys_seconds now_in_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

std::string sign(std::string_view secret, std::string_view timestamp, std::string_view body) {
  const std::string text = fmt::format("{}.{}", timestamp, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned size = 0;
  const auto* const octets = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets, text.size(), code.data(), &size) ==
      nullptr) {
    throw std::bad_alloc();  // it fails for nothing else
  }
  return "sha256=" + to_hex(code.data(), size);
}

Webhook::Webhook(asio::io_context& context, WebhookSettings settings, ReportTrouble report, EventCounters& counters)
    : Outlet(context, "webhook " + settings.url.origin(), settings.filter, std::move(report), counters),
      settings_(std::move(settings)),
      timer_(context),
      random_(random_seed()) {}

asio::awaitable<bool> Webhook::deliver(const Message& message) {
  const std::string delivery = new_delivery();
  const Clock::time_point start = Clock::now();
  for (int tries = 1;; ++tries) {
    const Reply reply = co_await attempt(message, delivery);
    if (reply.is_success) co_return true;
    const auto wait = wait_after(reply, tries, start);
    if (wait) {
      is_waiting_ = true;
      timer_.expires_after(*wait);
      co_await timer_.async_wait(kAwait);
      is_waiting_ = false;
    }
    if (wait && !is_finishing()) continue;
    complain(fmt::format("{}, given up after {} {}", reply.problem, tries, tries == 1 ? "try" : "tries"));
    co_return false;
  }
}

std::optional<std::chrono::milliseconds> Webhook::wait_after(const Reply& reply, int tries, Clock::time_point start) {
  if (reply.is_final || is_finishing()) return std::nullopt;
  constexpr std::uint32_t kSteps = 1'000;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return next_wait(settings_.backoff, tries, elapsed, static_cast<double>(random_.below(kSteps)) / kSteps,
                   reply.retry_after);
}

asio::awaitable<Webhook::Reply> Webhook::attempt(const Message& message, const std::string& delivery) {
  const Clock::time_point deadline = Clock::now() + settings_.timeout;
  std::string address = settings_.url.host;
  if (!IpAddress::parse(address)) {
    const health::Resolution found = co_await resolver_.resolve(settings_.url.host, timer_, deadline);
    if (found.kind == health::Resolution::Kind::timeout) {
      co_return Reply{.problem = timeout_text("resolving " + settings_.url.host)};
    }
    if (found.kind == health::Resolution::Kind::cancelled) co_return Reply{.problem = "cancelled"};
    if (found.kind != health::Resolution::Kind::found) {
      co_return Reply{.problem = fmt::format("resolving {}: {}", settings_.url.host, found.problem)};
    }
    address = found.address.to_string();
  }
  const std::string request = request_for(message, delivery);
  Reply reply = co_await attempt_at(address, request, deadline);
  co_return reply;
}

asio::awaitable<Webhook::Reply> Webhook::attempt_at(const std::string& address, const std::string& request,
                                                    Clock::time_point deadline) {
  tcp_stream stream(context());
  struct Flight {
    tcp_stream*& in_flight;
    ~Flight() { in_flight = nullptr; }
  };
  in_flight_ = &stream;
  const Flight flight{in_flight_};
  stream.expires_at(deadline);  // for all that follows, not each
  const asio::ip::tcp::endpoint peer(asio::ip::make_address(address), settings_.url.port);
  const auto [connect_error] = co_await stream.async_connect(peer, kAwait);
  if (connect_error) co_return failed("connect", connect_error);
  Reply reply;
  if (!settings_.url.is_https) {
    reply = co_await exchange(stream, request);
    co_return reply;
  }
  health::TlsClient::Stream secured(stream, settings_.tls->context());
  std::string problem;
  settings_.tls->prepare(secured, settings_.url.authority, problem);
  const auto [tls_error] = co_await secured.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (tls_error && !problem.empty()) co_return Reply{.problem = "TLS: " + problem};
  if (tls_error) co_return failed("TLS", tls_error);
  reply = co_await exchange(secured, request);
  co_return reply;
}

template <typename Stream>
asio::awaitable<Webhook::Reply> Webhook::exchange(Stream& stream, const std::string& request) {
  const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(request), kAwait);
  if (write_error) co_return failed("sending", write_error);

  boost::beast::flat_buffer buffer(kResponseMax);
  constexpr int kHeadsMax = 4;  // interim ones (100 Continue) and the response
  for (int heads = 0; heads < kHeadsMax; ++heads) {
    http::response_parser<http::empty_body> parser;
    parser.header_limit(kResponseMax);
    const auto [read_error, size] = co_await http::async_read_header(stream, buffer, parser, kAwait);
    if (read_error) co_return failed("waiting for the response", read_error);
    const auto status = static_cast<int>(parser.get().result_int());
    if (status < kStatusOk) continue;
    Reply reply;
    reply.is_success = status < kStatusRedirection;
    reply.is_final = status < kStatusServerError && status != kStatusTooManyRequests;
    reply.problem = fmt::format("HTTP {}", status);
    const auto retry_after = parser.get()[http::field::retry_after];
    reply.retry_after = parse_retry_after({retry_after.data(), retry_after.size()}, now_in_seconds());
    co_return reply;
  }
  co_return Reply{.problem = "no response after several interim ones"};
}

std::string Webhook::request_for(const Message& message, const std::string& delivery) const {
  const std::string timestamp = fmt::to_string(now_in_seconds().time_since_epoch().count());
  std::string request = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: rhumb\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "X-Rhumb-Delivery: {}\r\nX-Rhumb-Timestamp: {}\r\n",
      settings_.url.target, settings_.url.authority, message.json.size(), delivery, timestamp);
  if (!settings_.secret.empty()) {
    request += fmt::format("X-Rhumb-Signature: {}\r\n", sign(settings_.secret, timestamp, message.json));
  }
  request += "Connection: close\r\n\r\n";
  request += message.json;
  return request;
}

Webhook::Reply Webhook::failed(std::string_view activity, const error_code& error) const {
  if (error == boost::beast::error::timeout) return {.problem = timeout_text(activity)};
  if (error == asio::error::operation_aborted) return {.problem = "cancelled"};
  return {.problem = fmt::format("{}: {}", activity, error.message())};
}

std::string Webhook::timeout_text(std::string_view activity) const {
  const std::string timeout = health::duration_text(settings_.timeout);
  return fmt::format("{}: timeout after {}", activity, timeout);
}

void Webhook::stop_waiting() {
  if (is_waiting_) timer_.cancel();
}

void Webhook::cancel() {
  timer_.cancel();
  if (in_flight_ != nullptr) in_flight_->close();
}

}  // namespace rhumb::control
