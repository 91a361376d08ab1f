// Tells a server of events: each is a POST of its JSON, one after the other, tried again for some minutes.
//
// Every request has, besides what HTTP wants, X-Rhumb-Delivery, the same in all tries of one event and no other's, and
// X-Rhumb-Timestamp, the seconds since 1970 at which it was sent. With a secret, X-Rhumb-Signature proves both and the
// body: "sha256=" and the HMAC-SHA256, in hexadecimal, of "TIMESTAMP.BODY".
//
// A status from 200 to 299 is a success. Tried again (backoff.hpp) are 429 and those from 500 on, and what never became
// a response; every other status is final, redirects too: whoever wants events elsewhere says so in the configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "base/random.hpp"
#include "control/event_settings.hpp"
#include "control/outlet.hpp"
#include "health/resolver.hpp"

namespace rhumb::control {

// "sha256=…" for X-Rhumb-Signature.
[[nodiscard]] std::string sign(std::string_view secret, std::string_view timestamp, std::string_view body);

class Webhook : public Outlet {
 public:
  // Of a response so much is read at most: its head. What else comes is not looked at.
  static constexpr std::size_t kResponseMax = 4 * 1024;

  Webhook(boost::asio::io_context& context, WebhookSettings settings, ReportTrouble report, EventCounters& counters);

  [[nodiscard]] const WebhookSettings& settings() const noexcept { return settings_; }

 protected:
  [[nodiscard]] boost::asio::awaitable<bool> deliver(const Message& message) override;
  void stop_waiting() override;
  void cancel() override;

 private:
  // What came of one try.
  struct Reply {
    bool is_success = false;
    bool is_final = false;  // to try again is of no use
    std::string problem = {};
    std::optional<std::chrono::seconds> retry_after = {};
  };

  boost::asio::awaitable<Reply> attempt(const Message& message, const std::string& delivery);
  boost::asio::awaitable<Reply> attempt_at(const std::string& address, const std::string& request,
                                           Clock::time_point deadline);
  template <typename Stream>
  boost::asio::awaitable<Reply> exchange(Stream& stream, const std::string& request);
  [[nodiscard]] std::string request_for(const Message& message, const std::string& delivery) const;
  [[nodiscard]] Reply failed(std::string_view activity, const boost::system::error_code& error) const;
  [[nodiscard]] std::string timeout_text(std::string_view activity) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> wait_after(const Reply& reply, int tries,
                                                                    Clock::time_point start);

  const WebhookSettings settings_;
  // Look-ups that nobody waits for any more have a thread until they end: no more of them than tries in half a minute.
  health::Resolver resolver_{4};
  boost::asio::steady_timer timer_;
  boost::beast::tcp_stream* in_flight_ = nullptr;
  bool is_waiting_ = false;  // before another try
  Random random_;
};

}  // namespace rhumb::control
