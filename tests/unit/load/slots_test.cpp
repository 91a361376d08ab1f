#include "slots.hpp"

#include <set>

#include <gtest/gtest.h>

namespace rhumb::load {
namespace {

TEST(Slots, QueriesInFlightHaveIdsOfTheirOwn) {
  Slots slots(25);
  std::set<std::uint16_t> ids;
  while (slots.free_count() > 0)
    ids.insert(slots.take(1, 1));
  EXPECT_EQ(ids.size(), 25U);
}

TEST(Slots, AnAnswerCountsOnceAndFromWhenItsQueryWasDue) {
  Slots slots(4);
  const std::uint16_t id = slots.take(17, 20);
  EXPECT_EQ(slots.answered(id), 17U);
  EXPECT_EQ(slots.answered(id), std::nullopt);
  EXPECT_EQ(slots.free_count(), 4U);
}

TEST(Slots, AnAnswerThatComesAfterItsQueryWasGivenUpIsNotThatOfTheNext) {
  Slots slots(1);
  const std::uint16_t late = slots.take(1, 1);
  slots.give_up(2);
  const std::uint16_t next = slots.take(3, 3);
  EXPECT_EQ(slots.answered(late), std::nullopt);
  EXPECT_EQ(slots.answered(next), 3U);
}

TEST(Slots, OnlyWhatWasSentBeforeTheLimitIsGivenUp) {
  Slots slots(2);
  const std::uint16_t early = slots.take(1, 1);
  const std::uint16_t recent = slots.take(2, 2);
  slots.give_up(2);
  EXPECT_EQ(slots.answered(early), std::nullopt);
  EXPECT_EQ(slots.answered(recent), 2U);
}

TEST(Slots, IdsThatNoQueryHasAreNobodysAnswer) {
  Slots slots(25);
  for (std::uint32_t id = 0; id <= 0xFFFF; ++id)
    EXPECT_EQ(slots.answered(static_cast<std::uint16_t>(id)), std::nullopt);
  EXPECT_EQ(slots.free_count(), 25U);
}

}  // namespace
}  // namespace rhumb::load
