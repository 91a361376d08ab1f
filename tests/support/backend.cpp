#include "support/backend.hpp"

#include <array>
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "health/await.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

using health::kAwait;

constexpr std::uint32_t kInterval_ms = 25;
constexpr std::uint32_t kTimeout_ms = 5'000;  // nobody waits for it, except where a test sets its own

tcp::endpoint listening_at(IpAddress address, std::uint16_t port) {
  if (address.family == Family::v4) return {asio::ip::address_v4(address.as_v4()), port};
  asio::ip::address_v6::bytes_type octets;
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<unsigned char>(address.bits >> (8 * (octets.size() - 1 - i)));
  return {asio::ip::address_v6(octets), port};
}

Target target_of(Check::Type type, std::uint16_t port, const std::string& name) {
  Check check;
  check.type = type;
  check.port = port;
  check.path = "/health";
  check.interval_ms = kInterval_ms;
  check.timeout_ms = kTimeout_ms;
  return {name, backend_address(), "www.example.com", check};
}

asio::awaitable<void> read_until_closed(tcp::socket& socket) {
  std::array<char, 4096> received{};
  while (true) {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(received), kAwait);
    if (error) co_return;
  }
}

}  // namespace

Backend::Backend(Script script, std::uint16_t port, IpAddress address)
    : script_(std::move(script)),
      acceptor_(context_, listening_at(address, port)),
      port_(acceptor_.local_endpoint().port()) {
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

Backend::~Backend() {
  context_.stop();
  thread_.join();
}

asio::awaitable<void> Backend::accept() {
  while (true) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error) continue;  // a client that went away before it was accepted
    ++accepted_;
    ++open_;
    asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> Backend::serve(tcp::socket socket) {
  co_await script_(socket);
  boost::system::error_code ignored;
  socket.close(ignored);
  --open_;
}

IpAddress localhost() {
  asio::io_context context;
  const auto found = tcp::resolver(context).resolve("localhost", "");
  return *IpAddress::parse(found.begin()->endpoint().address().to_string());
}

std::uint16_t closed_port() {
  asio::io_context context;
  const tcp::acceptor acceptor(context, listening_at(backend_address(), 0));
  return acceptor.local_endpoint().port();
}

Target http_target(std::uint16_t port, const std::string& name) {
  return target_of(Check::Type::http, port, name);
}

Target tcp_target(std::uint16_t port, const std::string& name) {
  return target_of(Check::Type::tcp, port, name);
}

namespace scripts {

Backend::Script answer(const std::string& response) {
  return [response](tcp::socket& socket) -> asio::awaitable<void> {
    std::string request;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(request, 4096), "\r\n\r\n", kAwait);
    co_await asio::async_write(socket, asio::buffer(response), kAwait);
  };
}

Backend::Script status(int status) {
  return answer("HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Length: 0\r\n\r\n");
}

Backend::Script send_and_hold(const std::string& bytes) {
  return [bytes](tcp::socket& socket) -> asio::awaitable<void> {
    const auto [error, size] = co_await asio::async_write(socket, asio::buffer(bytes), kAwait);
    if (!error) co_await read_until_closed(socket);
  };
}

Backend::Script silent() {
  return [](tcp::socket& socket) -> asio::awaitable<void> { co_await read_until_closed(socket); };
}

Backend::Script close_at_once() {
  return [](tcp::socket&) -> asio::awaitable<void> { co_return; };
}

Backend::Script trickle(std::atomic<int>& sent) {
  return [&sent](tcp::socket& socket) -> asio::awaitable<void> {
    const std::string head = "HTTP/1.1 200 OK\r\nX-Slow: ";
    asio::steady_timer timer(socket.get_executor());
    for (std::size_t i = 0;; ++i) {
      const char octet = i < head.size() ? head[i] : 'x';
      const auto [error, size] = co_await asio::async_write(socket, asio::buffer(&octet, 1), kAwait);
      if (error) co_return;
      ++sent;
      timer.expires_after(std::chrono::milliseconds(2));
      co_await timer.async_wait(kAwait);
    }
  };
}

}  // namespace scripts
}  // namespace rhumb::health
