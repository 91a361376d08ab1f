// Checks of type grpc: a call of grpc.health.v1.Health/Check over HTTP/2, with TLS or without. grpc_session.hpp says
// what is asked and what counts; here is the connection.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"

namespace rhumb::health {

[[nodiscard]] boost::asio::awaitable<Outcome> probe_grpc(Abort& abort, const Target& target, Deadline deadline);

}  // namespace rhumb::health
