// Checks of type http and https: a request, and the head of a response with an expected status, and what is wanted in
// its body. On the way redirects are followed if the check says so, and what the response tells of the load is read.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"
#include "health/http_connection.hpp"

namespace rhumb::health {

// `kept` is the connection that the probe before this one left, or null, and holds what this one leaves: only a success
// of a check that keeps its connection leaves one.
[[nodiscard]] boost::asio::awaitable<Outcome> probe_http(Abort& abort, std::unique_ptr<HttpConnection>& kept,
                                                         const Target& target, Deadline deadline);

}  // namespace rhumb::health
