// A server with a script, good or faulty, in the test's own process, on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "health/check.hpp"
#include "support/loopback.hpp"

namespace rhumb::health {

// The address of backends and targets that name no other.
[[nodiscard]] inline IpAddress backend_address() {
  return test::loopback(1);
}

class Backend {
 public:
  // Plays one connection; the connection is closed when it ends.
  using Script = std::function<boost::asio::awaitable<void>(boost::asio::ip::tcp::socket&)>;

  // Listens on `port`, or on any free one, of one of this process's addresses (loopback.hpp), or of localhost().
  explicit Backend(Script script, std::uint16_t port = 0, IpAddress address = backend_address());
  // Resets whatever is open.
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int accepted() const noexcept { return accepted_; }
  [[nodiscard]] int open() const noexcept { return open_; }

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  Script script_;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> open_ = 0;
  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::thread thread_;
};

// The first address that this machine has for "localhost": IPv4 or IPv6.
[[nodiscard]] IpAddress localhost();

// A port of backend_address() on which nobody listens.
[[nodiscard]] std::uint16_t closed_port();

// With an interval and timeouts for tests; rise 2, fall 3.
[[nodiscard]] Target http_target(std::uint16_t port, const std::string& name = "test");
[[nodiscard]] Target tcp_target(std::uint16_t port, const std::string& name = "test");

namespace scripts {

// Reads the request, sends `response`, closes.
[[nodiscard]] Backend::Script answer(const std::string& response);
// "HTTP/1.1 503 …" with an empty body.
[[nodiscard]] Backend::Script status(int status);
// Sends `bytes` without waiting for a request, then keeps the connection open until the client closes it.
[[nodiscard]] Backend::Script send_and_hold(const std::string& bytes);
// Reads and says nothing, until the client closes the connection.
[[nodiscard]] Backend::Script silent();
[[nodiscard]] Backend::Script close_at_once();
// The head of a response one octet at a time, for ever; `sent` counts them.
[[nodiscard]] Backend::Script trickle(std::atomic<int>& sent);

}  // namespace scripts
}  // namespace rhumb::health
