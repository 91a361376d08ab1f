#include "health/connection.hpp"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "support/backend.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;

// A closed port in the ephemeral range may be given to the probe itself; here it always is.
TEST(Connect, FailsIfItIsConnectedToItself) {
  asio::io_context context(1);
  boost::beast::tcp_stream stream(context);
  stream.socket().open(asio::ip::tcp::v4());
  stream.socket().bind({asio::ip::address_v4(backend_address().as_v4()), 0});
  const Target target = tcp_target(stream.socket().local_endpoint().port());
  std::optional<Outcome> refused;
  asio::co_spawn(context, connect(stream, target, Deadline::max()),
                 [&refused](const std::exception_ptr& error, std::optional<Outcome> result) {
                   if (error) std::rethrow_exception(error);
                   refused = std::move(result);
                 });
  context.run();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Outcome::Kind::failure);
  EXPECT_EQ(refused->evidence, "connect: the port is closed (connected to itself)");
}

}  // namespace
}  // namespace rhumb::health
