// Sockets that somebody else has bound for us: the server that is being replaced, or systemd (socket activation).
//
// Such a socket is shared, and so is its queue: what clients have sent there is read by whoever reads first, and is not
// lost when one of the processes goes. All of an address are used, also when there are more than threads now, for what
// waits in a socket that is closed is lost; and when there are fewer, others are bound beside them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.hpp"
#include "transport/socket.hpp"

namespace rhumb::transport {

// A value of one thread.
class BoundSockets {
 public:
  // Puts `socket` with those of its address. When it is none that can be served, it is closed, and what it is comes
  // back.
  [[nodiscard]] std::optional<std::string> add(Descriptor socket);

  // `count` sockets or more for `endpoint`, which are no longer in here: those that there are, in the order in which
  // they were added, and if they are too few, others, bound now. `type` = SOCK_DGRAM or SOCK_STREAM. Never none: throws
  // std::system_error that names the endpoint; of TCP also when another server listens there. But where there are some
  // beside which no others can be bound (for want of the privilege, or since they are another user's), they are all.
  [[nodiscard]] std::vector<Descriptor> take(const Endpoint& endpoint, int type, unsigned count);

  // Binds what take() would have to bind for the endpoints, so that nothing can fail any more once the first socket is
  // served. TCP first: its addresses are not shared with others, so that a second server on one fails before it takes
  // datagrams away from the first one. Throws as take() does.
  void bind_missing(std::span<const Endpoint> endpoints, unsigned count);

  [[nodiscard]] std::size_t count(const Endpoint& endpoint, int type) const noexcept;

  // Those that are left: nobody has asked for them.
  struct Left {
    Endpoint endpoint;
    int type;
  };
  [[nodiscard]] std::vector<Left> left() const;

 private:
  struct Entry {
    Endpoint endpoint;  // as it was asked for: of port 0 the socket has another
    int type;
    Descriptor socket;
  };

  std::vector<Entry> entries_;
};

}  // namespace rhumb::transport
