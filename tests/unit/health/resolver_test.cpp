#include "health/resolver.hpp"

#include <chrono>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "support/backend.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using Kind = Resolution::Kind;

constexpr std::chrono::seconds kPatience{20};

Resolution resolve_now(Resolver resolver, const std::string& name) {
  asio::io_context context(1);
  asio::steady_timer timer(context);
  std::optional<Resolution> resolution;
  asio::co_spawn(context, resolver.resolve(name, timer, std::chrono::steady_clock::now() + kPatience),
                 [&resolution](const std::exception_ptr& error, Resolution result) {
                   if (error) std::rethrow_exception(error);
                   resolution = std::move(result);
                 });
  context.run();
  return resolution.value();
}

TEST(Resolver, FindsTheFirstAddressOfAName) {
  const Resolution resolution = resolve_now(Resolver(), "localhost");
  EXPECT_EQ(resolution.kind, Kind::found) << resolution.problem;
  EXPECT_EQ(resolution.address, localhost());
}

// A label of more than 63 octets, about which no server could be asked.
TEST(Resolver, SaysWhyANameHasNoAddress) {
  const Resolution resolution = resolve_now(Resolver(), std::string(64, 'x') + ".example");
  EXPECT_EQ(resolution.kind, Kind::not_found);
  EXPECT_NE(resolution.problem, "");
}

TEST(Resolver, StartsNoMoreThreadsThanItMay) {
  const Resolution resolution = resolve_now(Resolver(0), "localhost");
  EXPECT_EQ(resolution.kind, Kind::local_trouble);
  EXPECT_EQ(resolution.problem, "too many names are being resolved");
}

}  // namespace
}  // namespace rhumb::health
