// One client's connection, as small as it can be while it is idle.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"
#include "transport/socket.hpp"
#include "transport/tcp_framing.hpp"

namespace rhumb::transport {

// A descriptor that epoll tells about, and what it is.
struct TcpWatched {
  enum class Kind : std::uint8_t { waker, listener, session };

  Kind kind;
  Descriptor descriptor;
};

// What waits until the client reads: answers that the kernel did not take, and octets that came behind their queries.
// Until it is gone nothing more is read from the client.
struct TcpBacklog {
  std::vector<std::uint8_t> output;
  std::size_t sent = 0;             // of the output
  std::vector<std::uint8_t> input;  // not answered yet
};

struct TcpSession : TcpWatched {
  using Clock = std::chrono::steady_clock;

  TcpSession(Descriptor connected, const IpAddress& peer, Clock::time_point now)
      : TcpWatched{Kind::session, std::move(connected)}, client(peer), opened(now), last_query(now) {}

  IpAddress client;
  TcpFraming framing;
  std::unique_ptr<TcpBacklog> backlog;  // null for all who read their answers
  Clock::time_point opened;
  Clock::time_point last_query;           // the last one that was answered
  std::list<TcpSession>::iterator place;  // its own
};

}  // namespace rhumb::transport
