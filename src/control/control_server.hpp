// The control channel: the API (api.hpp) over HTTP/1.1, on a Unix socket, over TCP, or both.
//
// Who may connect to the Unix socket is who may write to its file: its owner and group; they may everything. Over TCP
// a token says who somebody is (tokens.hpp); who has none and is on this machine may read.
//
// One thread runs all connections and makes the calls, one after the other, at a lower priority than the threads that
// answer queries, with which it shares nothing. A client that is slow, silent or hostile costs a connection and the
// time until its deadline, and blocks nobody.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "base/ip_address.hpp"
#include "control/administration.hpp"
#include "control/audit_log.hpp"
#include "control/event_feed.hpp"
#include "control/socket_path.hpp"
#include "control/tls_server.hpp"
#include "control/tokens.hpp"
#include "health/operations.hpp"

namespace rhumb::control {

struct ControlLimits {
  // Of the Unix socket, and of TCP. At more the one that has waited longest for a request is closed. People and scripts
  // keep few; and who floods the one listener leaves the other alone.
  std::size_t connections = 64;
  // From the start of a connection, or a response, to the end of the next request. Pieces of one do not count.
  std::chrono::milliseconds idle{60'000};
  // Until a client has taken a response.
  std::chrono::milliseconds write{10'000};
  // Of a connection; who asks more is read from more slowly. A check's reports from a thousand instances each 5 s.
  unsigned requests_per_second = 200;
  // Those who listen to events, of all connections: they stay for good.
  std::size_t listeners = 16;
  // Between two signs of life on a stream of events: proxies close what is silent for a minute.
  std::chrono::milliseconds heartbeat{15'000};
};

// Octets of a request's line and fields: browsers and proxies send 2 KiB.
inline constexpr std::size_t kHeaderMax = 8 * 1'024;
// Octets of all responses that clients have yet to take: two of the largest (kResponseMax).
inline constexpr std::size_t kOutgoingMax = 256 * 1'024 * 1'024;

struct ControlSettings {
  std::filesystem::path socket_file = {};  // empty: no Unix socket
  std::optional<Endpoint> http = {};       // none: no TCP
  // Of TCP; null: nobody has a token.
  std::shared_ptr<const Tokens> tokens = {};
  // Null: without TLS, which is for loopback addresses.
  std::shared_ptr<const TlsServer> tls = {};
};

// What the API asks; all must outlive the server.
struct ControlServices {
  health::Operations& operations;
  Administration& administration;
  EventFeed& events;
  AuditLog* audit = nullptr;  // may be null
  // Gets the connection of who asks for a handover: a blocking Unix socket, its own to close. Called on the server's
  // thread, must not wait. Empty: nobody may have it.
  std::function<void(int descriptor)> take_over = {};
};

class ControlServer {
 public:
  // Listens and starts the thread; see SocketFile for the socket. Throws std::system_error when it cannot listen.
  ControlServer(ControlSettings settings, ControlServices services, ControlLimits limits = {});
  // Closes all connections, after the call that is being made.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // From the next request on these tokens hold, and from the next connection on this certificate, unless it has none,
  // or the server speaks no TLS. From any thread.
  void use(std::shared_ptr<const Tokens> tokens, std::shared_ptr<const TlsServer> tls);

  // Where it listens over TCP, with the port that the system chose for 0.
  [[nodiscard]] std::optional<Endpoint> http() const;

 private:
  class Loop;

  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace rhumb::control
