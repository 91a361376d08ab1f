// How a running server gives all it has to its successor, over a connected Unix stream socket.
//
//   successor                     predecessor
//   wish: to take over        →
//                             ←   secrets, each socket, what is known of health
//   (serves from the sockets; both do)
//   ready                     →
//                             ←   leaving              from here on the successor is on its own
//                             ←   vacated              the control channel can be had
//                             ←   each TCP connection, done
//
// Until `ready` nothing has changed for the predecessor: whatever becomes of the successor before, it goes on with
// everything. Neither reads a datagram that it does not answer, and the connections stay open, so no query is lost.
//
// Plain functions that decide nothing: who may take over, when, and what is done besides is Succession's to say.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/siphash.hpp"
#include "daemon/frame.hpp"
#include "health/memory.hpp"
#include "transport/bound_sockets.hpp"
#include "transport/tcp_connection.hpp"

namespace rhumb::daemon {

// Raised when older versions cannot read what is said. A successor names the highest that it speaks, and is answered in
// one that it knows, or refused.
inline constexpr std::uint8_t kHandoverVersion = 1;
// For each step: a successor has loaded everything before it asks, and then only starts its threads.
inline constexpr std::chrono::seconds kHandoverPatience{30};
// Sockets of one server: two for each of its addresses and threads.
inline constexpr std::size_t kHandoverSocketsMax = 65'536;

// What somebody wants who comes to a running server.
struct Wish {
  enum class Kind : std::uint8_t { take_over = 1, upgrade = 2 };

  Kind kind = Kind::take_over;
  std::filesystem::path program = {};  // of an upgrade: what to start as the successor; empty: the same as is running
};

// Who comes says it first.
void write_wish(int fd, const Wish& wish);
[[nodiscard]] Wish read_wish(int fd);

// ------------------------------------------------------------------------------------- the predecessor's side

struct Estate {
  SipKey cookie_master{};
  std::vector<int> sockets = {};  // they stay the predecessor's, too
  health::Memory memory = {};
};

// Returns when the successor serves and has been told that it is on its own. Throws HandoverError: it has not taken
// over, and nothing has changed.
void give(int fd, const Estate& estate);
// Why there is nothing to be had, for people.
void refuse(int fd, const std::string& reason) noexcept;

// After give(): what is bound to one process, like the control channel, has been closed.
void vacate(int fd) noexcept;
// False when the successor is gone.
[[nodiscard]] bool give_connection(int fd, const transport::TcpConnection& connection) noexcept;
// The last; returns at once.
void end_handover(int fd) noexcept;

// --------------------------------------------------------------------------------------- the successor's side

struct Legacy {
  SipKey cookie_master{};
  transport::BoundSockets sockets = {};
  health::Memory memory = {};
};

// After write_wish(). Throws HandoverError, with the reason if it is refused.
[[nodiscard]] Legacy take(int fd);
// Says that this process serves. Throws HandoverError: then the predecessor goes on, and this process must end.
void confirm(int fd);
// Waits until the predecessor has vacated, or is gone.
void await_vacancy(int fd) noexcept;
// Takes what connections there are until there are no more; the number of them. `adopt` must not throw.
std::size_t take_connections(int fd, const std::function<void(transport::TcpConnection)>& adopt) noexcept;

// ------------------------------------------------------------------------- those who have asked for an upgrade

struct Report {
  bool is_done = false;
  std::string text = {};
};

void write_report(int fd, const Report& report) noexcept;
// Waits for as long as it takes. Throws HandoverError.
[[nodiscard]] Report read_report(int fd);

}  // namespace rhumb::daemon
