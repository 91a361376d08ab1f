#include "health/slots.hpp"

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

namespace asio = boost::asio;

class SlotsTest : public ::testing::Test {
 protected:
  void take(const std::string& name, asio::steady_timer& timer) {
    asio::co_spawn(context_, take_and_note(name, timer), asio::detached);
    run();
  }

  void run() {
    context_.restart();
    context_.poll();
  }

  asio::awaitable<void> take_and_note(std::string name, asio::steady_timer& timer) {
    const bool has_slot = co_await slots_.take(timer);
    events_.push_back(name + (has_slot ? " has a slot" : " gave up"));
  }

  asio::io_context context_;
  Slots slots_{2};
  std::vector<std::string> events_;
  asio::steady_timer a_{context_}, b_{context_}, c_{context_}, d_{context_};
};

TEST_F(SlotsTest, GoInOrderToThoseWhoWait) {
  take("a", a_);
  take("b", b_);
  take("c", c_);
  take("d", d_);
  EXPECT_EQ(events_, (std::vector<std::string>{"a has a slot", "b has a slot"}));
  slots_.give_back();
  run();
  EXPECT_EQ(events_.back(), "c has a slot");
  slots_.give_back();
  run();
  EXPECT_EQ(events_.back(), "d has a slot");
}

TEST_F(SlotsTest, AreFreeAgainWhenNobodyWaits) {
  take("a", a_);
  take("b", b_);
  slots_.give_back();
  take("c", c_);
  EXPECT_EQ(events_.back(), "c has a slot");
  take("d", d_);
  EXPECT_EQ(events_.size(), 3U);
  slots_.give_back();
  run();
}

TEST_F(SlotsTest, ArePassedOverWhoGaveUp) {
  take("a", a_);
  take("b", b_);
  take("c", c_);
  take("d", d_);
  c_.cancel();
  run();
  EXPECT_EQ(events_.back(), "c gave up");
  slots_.give_back();
  run();
  EXPECT_EQ(events_.back(), "d has a slot");
  EXPECT_EQ(events_.size(), 4U);
}

// Cancelled between being given the slot and waking up: it has the slot all the same, and none is lost.
TEST_F(SlotsTest, AreNotLostWhenGivingAndCancellingCoincide) {
  take("a", a_);
  take("b", b_);
  take("c", c_);
  slots_.give_back();
  c_.cancel();
  run();
  EXPECT_EQ(events_.back(), "c has a slot");
}

}  // namespace
}  // namespace rhumb::health
