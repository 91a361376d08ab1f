#include "health/outcome.hpp"

#include <cerrno>

#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using boost::system::error_code;

TEST(Outcome, TellsItsOwnTroubleFromTheTargets) {
  const auto system_error = [](int number) { return error_code(number, boost::system::system_category()); };
  for (const int number : {EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES, EPERM})
    EXPECT_TRUE(is_local_trouble(system_error(number))) << number;
  for (const int number : {ECONNREFUSED, ECONNRESET, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EPIPE})
    EXPECT_FALSE(is_local_trouble(system_error(number))) << number;
  EXPECT_FALSE(is_local_trouble(boost::beast::error::timeout));
  EXPECT_FALSE(is_local_trouble(boost::asio::error::eof));
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(duration_text(0), "0ms");
  EXPECT_EQ(duration_text(200), "200ms");
  EXPECT_EQ(duration_text(999), "999ms");
  EXPECT_EQ(duration_text(1'000), "1s");
  EXPECT_EQ(duration_text(1'500), "1.5s");
  EXPECT_EQ(duration_text(2'000), "2s");
  EXPECT_EQ(duration_text(12'345), "12.345s");
  EXPECT_EQ(duration_text(3'600'000), "3600s");
}

}  // namespace
}  // namespace rhumb::health
