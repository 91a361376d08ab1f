// Checks of type icmp: an echo request, and the reply to it.
//
// Over a ping socket if the kernel gives one to the server's group (net.ipv4.ping_group_range), or else over a raw
// socket, which needs CAP_NET_RAW.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/datagram_protocol.hpp>

#include "health/abort.hpp"
#include "health/connection.hpp"
#include "health/cutoff.hpp"
#include "health/echo_message.hpp"

namespace rhumb::health {

[[nodiscard]] boost::asio::awaitable<Outcome> probe_icmp(Abort& abort, const Target& target, Deadline deadline);

struct EchoSocket {
  boost::asio::generic::datagram_protocol::socket socket;
  bool is_raw;  // or a ping socket: then its local port is the identifier of what it sends
};

// Sends the request for `echo` over the connected socket, and waits for the reply, for which others are not taken.
[[nodiscard]] boost::asio::awaitable<Outcome> exchange_echo(EchoSocket& socket, const Cutoff& cutoff,
                                                            const Target& target, const Echo& echo);

}  // namespace rhumb::health
