// Checks of type tcp: a connection, and the expected text in what comes over it.
#pragma once

#include <cstddef>

#include <boost/asio/awaitable.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"

namespace rhumb::health {

// The text must stand in so much of what comes: banners and replies are a line or two.
inline constexpr std::size_t kReplyMax = 4 * 1024;

[[nodiscard]] boost::asio::awaitable<Outcome> probe_tcp(Abort& abort, const Target& target, Deadline deadline);

}  // namespace rhumb::health
