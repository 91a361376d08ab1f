// The TCP connection of a probe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "health/check.hpp"
#include "health/outcome.hpp"

namespace rhumb::health {

using Deadline = std::chrono::steady_clock::time_point;

// Connects `stream`, from the check's source address if it has one. `deadline` is for all that follows too, not each:
// what comes after it ends with beast::error::timeout. Nothing: it is connected.
[[nodiscard]] boost::asio::awaitable<std::optional<Outcome>> connect(boost::beast::tcp_stream& stream,
                                                                     const Target& target, Deadline deadline);

// That the other side has closed the connection, in whatever way.
[[nodiscard]] bool is_end(const boost::beast::error_code& error) noexcept;

[[nodiscard]] boost::asio::ip::address to_asio(const IpAddress& address);

}  // namespace rhumb::health
