#include "health/board.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

TEST(Board, StartsUnknownAndShowsWhatWasWritten) {
  Board board(3);
  ASSERT_EQ(board.size(), 3U);
  for (std::size_t i = 0; i < board.size(); ++i)
    EXPECT_EQ(board.read(i).state, State::unknown);
  board.write(1, State::down);
  EXPECT_EQ(board.read(0).state, State::unknown);
  EXPECT_EQ(board.read(1).state, State::down);
  EXPECT_EQ(board.read(2).state, State::unknown);
}

TEST(Board, ShowsEachFieldAsItWasWritten) {
  Board board(2);
  const Shown untouched = board.read(1);
  for (const State state : {State::unknown, State::up, State::down}) {
    for (std::uint32_t share = 0; share <= kFullShare; ++share) {
      for (const int ttl_s : {0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF}) {
        const Shown shown{state, static_cast<Share>(share), static_cast<std::uint16_t>(ttl_s)};
        board.write(0, shown);
        ASSERT_EQ(board.read(0), shown);
      }
    }
  }
  for (std::uint32_t ttl_s = 0; ttl_s <= Shown::kNoLimit; ++ttl_s) {
    const Shown shown{State::down, 1, static_cast<std::uint16_t>(ttl_s)};
    board.write(0, shown);
    ASSERT_EQ(board.read(0), shown);
  }
  EXPECT_EQ(board.read(1), untouched);
}

TEST(Board, OfAStateAloneGivesAllOrNothing) {
  Board board(1);
  EXPECT_EQ(board.read(0), (Shown{State::unknown, kFullShare, Shown::kNoLimit}));
  board.write(0, State::down);
  EXPECT_EQ(board.read(0), (Shown{State::down, 0, Shown::kNoLimit}));
  board.write(0, State::up);
  EXPECT_EQ(board.read(0), (Shown{State::up, kFullShare, Shown::kNoLimit}));
}

// For the thread sanitizer, mostly.
TEST(Board, IsReadWhileItIsWritten) {
  Board board(2);
  std::thread writer([&board] {
    for (int i = 0; i < 10'000; ++i)
      board.write(0, i % 2 == 0 ? State::up : State::down);
    board.write(1, State::up);
  });
  while (board.read(1).state != State::up)
    std::this_thread::yield();
  writer.join();
  EXPECT_EQ(board.read(0).state, State::down);
}

}  // namespace
}  // namespace rhumb::health
