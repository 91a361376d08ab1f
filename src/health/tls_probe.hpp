// Checks of type tls: a TLS handshake, and what is to be said of the certificate.
#pragma once

#include <optional>

#include <boost/asio/awaitable.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"
#include "health/tls_client.hpp"

namespace rhumb::health {

[[nodiscard]] boost::asio::awaitable<Outcome> probe_tls(Abort& abort, const Target& target, Deadline deadline);

// The handshake over the connected stream beneath `secured`, made with the context of the check's TLS client. Nothing:
// it is done.
[[nodiscard]] boost::asio::awaitable<std::optional<Outcome>> shake_hands(TlsClient::Stream& secured,
                                                                         const Target& target);

}  // namespace rhumb::health
