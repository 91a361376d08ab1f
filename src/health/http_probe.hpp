// Checks of type http and https: a request, and the head of a response with an expected status, and the wanted text in
// its body.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"

namespace rhumb::health {

[[nodiscard]] boost::asio::awaitable<Outcome> probe_http(Abort& abort, const Target& target, Deadline deadline);

}  // namespace rhumb::health
