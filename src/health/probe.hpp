// One probe of one target: connect, ask, and say what came of it, in words for the log.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "health/check.hpp"
#include "health/outcome.hpp"
#include "health/resolver.hpp"

namespace rhumb::health {

// What a check of type tcp expects must stand in so much of what comes: banners and replies are a line or two.
inline constexpr std::size_t kReplyMax = 4 * 1024;

// `stream` is fresh, and `timer` is for waiting while a name is resolved; closing the one and cancelling the other from
// the same thread ends the probe at once, inconclusive. Takes at most timeout_ms. `target` must stay as it is until
// then. Throws nothing but std::bad_alloc.
[[nodiscard]] boost::asio::awaitable<Outcome> probe(boost::beast::tcp_stream& stream, Resolver& resolver,
                                                    boost::asio::steady_timer& timer, const Target& target);

// Whether an error of socket(2) or connect(2) is about this machine rather than about the target:
//   EMFILE ENFILE          out of file descriptors
//   ENOBUFS ENOMEM ENOSPC  out of memory, or of epoll watches (ENOSPC, epoll_ctl(2))
//   EADDRNOTAVAIL          out of ephemeral ports, or no address of that family
//   EAFNOSUPPORT           a kernel without IPv6
//   EACCES EPERM           a firewall or sandbox of ours forbids it (connect(2))
// ENETUNREACH and EHOSTUNREACH are not: routers report them too, and a target without a route serves nobody from here.
[[nodiscard]] bool is_local_trouble(const boost::beast::error_code& error) noexcept;

}  // namespace rhumb::health
