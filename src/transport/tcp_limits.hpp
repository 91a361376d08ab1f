// How much clients may have of the server over TCP.
#pragma once

#include <chrono>
#include <cstddef>

namespace rhumb::transport {

struct TcpLimits {
  // At more connections than this the most idle one is closed. Each costs up to 260 KB while its client does not read
  // its answers, 0.2 KB while it is idle, and what the kernel keeps of it.
  std::size_t connections = 4'096;
  // RFC 7766 §6.2.3 asks for "on the order of a few seconds". Counts from the last whole query, so that a client that
  // sends a query octet by octet or never reads its answers is idle too.
  std::chrono::milliseconds idle{10'000};
  // Connections of one client network (/24, /56: what one customer usually has); more are closed at once. A farm of
  // resolvers keeps some dozen.
  std::size_t connections_per_network = 256;
  // However busy, a connection is closed after this long, so that no client keeps a place for ever.
  std::chrono::milliseconds lifetime{3'600'000};

  friend bool operator==(const TcpLimits&, const TcpLimits&) = default;
};

}  // namespace rhumb::transport
