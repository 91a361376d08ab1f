#include "health/cutoff.hpp"

#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/dns_client.hpp"

namespace rhumb::health {
namespace {

using Clock = std::chrono::steady_clock;

class CutoffTest : public testing::Test {
 protected:
  boost::asio::io_context context_{1};
  Abort abort_;
  int calls_ = 0;
  std::function<void()> count_ = [this] { ++calls_; };
};

TEST_F(CutoffTest, ComesAtTheDeadline) {
  const Cutoff cutoff(abort_, context_.get_executor(), Clock::now(), count_);
  EXPECT_FALSE(cutoff.has_come());
  context_.run();
  EXPECT_EQ(calls_, 1);
  EXPECT_TRUE(cutoff.has_come());
  EXPECT_EQ(cutoff.outcome(tcp_target(1), "waiting").evidence, "timeout after 5s waiting");
}

TEST_F(CutoffTest, ComesWithAnAbort) {
  const Cutoff cutoff(abort_, context_.get_executor(), Clock::now() + test::kPatience, count_);
  abort_.abort();
  EXPECT_EQ(calls_, 1);
  EXPECT_TRUE(cutoff.has_come());
  EXPECT_EQ(cutoff.outcome(tcp_target(1), "waiting").evidence, "cancelled");
}

TEST_F(CutoffTest, ComesOnce) {
  const Cutoff cutoff(abort_, context_.get_executor(), Clock::now(), count_);
  context_.run();
  abort_.abort();
  EXPECT_EQ(calls_, 1);
}

// The timer's handler waits its turn already when the probe ends.
TEST_F(CutoffTest, DoesNotComeAfterItsEnd) {
  std::optional<Cutoff> cutoff;
  cutoff.emplace(abort_, context_.get_executor(), Clock::now() - std::chrono::seconds(1), count_);
  boost::asio::post(context_, [&cutoff] { cutoff.reset(); });
  EXPECT_EQ(context_.run(), 2U);
  abort_.abort();
  EXPECT_EQ(calls_, 0);
}

}  // namespace
}  // namespace rhumb::health
