#include "transport/tcp_connections.hpp"

#include <gtest/gtest.h>

namespace rhumb::transport {
namespace {

IpAddress client_address(const char* text) {
  return *IpAddress::parse(text);
}

TcpLimits limits(std::size_t connections, std::size_t of_network) {
  TcpLimits limits;
  limits.connections = connections;
  limits.connections_per_network = of_network;
  return limits;
}

TEST(TcpConnections, ANetworkIsASlash24OrASlash56) {
  TcpConnections connections(limits(100, 1));
  EXPECT_TRUE(connections.enter(client_address("192.0.2.1")));
  EXPECT_FALSE(connections.enter(client_address("192.0.2.255")));
  EXPECT_TRUE(connections.enter(client_address("192.0.3.1")));
  EXPECT_TRUE(connections.enter(client_address("2001:db8:0:100::1")));
  EXPECT_FALSE(connections.enter(client_address("2001:db8:0:1ff::2")));
  EXPECT_TRUE(connections.enter(client_address("2001:db8:0:200::1")));
  EXPECT_TRUE(connections.enter(client_address("::c000:201"))) << "another family";
}

TEST(TcpConnections, OneThatLeavesMakesRoomForAnother) {
  TcpConnections connections(limits(100, 2));
  EXPECT_TRUE(connections.enter(client_address("192.0.2.1")));
  EXPECT_TRUE(connections.enter(client_address("192.0.2.2")));
  EXPECT_FALSE(connections.enter(client_address("192.0.2.3")));
  connections.leave(client_address("192.0.2.1"));
  EXPECT_TRUE(connections.enter(client_address("192.0.2.3")));
  EXPECT_FALSE(connections.enter(client_address("192.0.2.4")));
}

TEST(TcpConnections, AreOverWhenThereAreMoreThanTheLimitAndThoseRefusedDoNotCount) {
  TcpConnections connections(limits(2, 1));
  EXPECT_TRUE(connections.enter(client_address("192.0.2.1")));
  EXPECT_FALSE(connections.enter(client_address("192.0.2.1")));
  EXPECT_TRUE(connections.enter(client_address("192.0.3.1")));
  EXPECT_FALSE(connections.is_over());
  EXPECT_TRUE(connections.enter(client_address("192.0.4.1")));
  EXPECT_TRUE(connections.is_over());
  connections.leave(client_address("192.0.3.1"));
  EXPECT_FALSE(connections.is_over());
}

}  // namespace
}  // namespace rhumb::transport
