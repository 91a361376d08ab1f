// Checks of type dns: a question over UDP, or over TCP if the check says so or the response is truncated.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"

namespace rhumb::health {

[[nodiscard]] boost::asio::awaitable<Outcome> probe_dns(Abort& abort, const Target& target, Deadline deadline);

}  // namespace rhumb::health
