// The connection of an HTTP probe, with TLS or without, that may live on to the next probe of the same target.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "base/ip_address.hpp"
#include "health/check.hpp"
#include "health/tls_client.hpp"

namespace rhumb::health {

// A connection is kept no longer, so that another certificate, or another machine behind the address, is seen within
// it.
inline constexpr std::chrono::hours kKeptFor{1};

// Not connected at first. For one thread.
struct HttpConnection {
  HttpConnection(const boost::asio::any_io_executor& executor, const Target& target);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Whether there is nothing to be read in it: a server that has sent something unasked, or has closed the connection,
  // would have it taken for the next answer.
  [[nodiscard]] bool is_quiet();

  boost::beast::tcp_stream stream;
  std::optional<TlsClient::Stream> secured;  // over `stream`; if the check has TLS
  const IpAddress address;
  std::chrono::steady_clock::time_point opened;
};

// What was kept, if it can be used at `now` for `target`, whose address may be another one by now. `kept` is null
// after.
[[nodiscard]] std::unique_ptr<HttpConnection> take_kept(std::unique_ptr<HttpConnection>& kept, const Target& target,
                                                        std::chrono::steady_clock::time_point now);

}  // namespace rhumb::health
