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
