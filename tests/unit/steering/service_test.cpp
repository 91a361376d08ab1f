#include "steering/service.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::steering {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::array<RegionIndex, 2> kFirstThenSecond{0, 1};
constexpr std::array<RegionIndex, 2> kSecondThenFirst{1, 0};

enum class State : std::uint8_t { up, down };

// Which targets are healthy; all, at first.
class Board {
 public:
  explicit Board(std::size_t targets) : states_(targets, State::up) {}
  void write(std::size_t target, State state) { states_[target] = state; }
  bool operator()(TargetIndex target) const { return states_[target] != State::down; }

 private:
  std::vector<State> states_;
};

// Region 0: 192.0.2.1, .2, .3 (targets 0, 1, 2) and 2001:db8::1 (3). Region 1: 192.0.2.9 (4).
Service make_service(WhenAllDown when_all_down = WhenAllDown::nearest, std::uint8_t answers = 0) {
  ServiceSettings settings;
  settings.name = "www.example.com";
  settings.ttl_s = 30;
  settings.answers = answers;
  settings.when_all_down = when_all_down;
  settings.regions = {"first", "second"};
  TargetIndex target = 0;
  for (const auto& [region, address] : std::vector<std::pair<RegionIndex, const char*>>{
           {0, "192.0.2.1"}, {0, "192.0.2.2"}, {0, "192.0.2.3"}, {0, "2001:db8::1"}, {1, "192.0.2.9"}}) {
    settings.instances.push_back({region, *IpAddress::parse(address), target++});
  }
  return {settings, rank_listed(2)};
}

std::vector<int> chosen(const Pick& pick) {
  return {pick.instances.begin(), pick.instances.begin() + pick.count};
}

TEST(Service, StoresReadyRecords) {
  const Service service = make_service();
  const Bytes records = service.records(Family::v4, 1);
  EXPECT_THAT(records, ElementsAre(0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 9));
  EXPECT_EQ(service.records(Family::v6, 0).size(), Service::record_size(Family::v6));
  EXPECT_EQ(service.records(Family::v6, 0)[3], 28);
  EXPECT_EQ(service.records(Family::v6, 0)[27], 1);
}

TEST(Service, PicksAllHealthyInstancesOfTheFirstRegion) {
  const Service service = make_service();
  Board board(5);
  board.write(1, State::down);
  Random random(1);
  const Pick pick = service.pick(Family::v4, kFirstThenSecond, board, random);
  EXPECT_EQ(pick.outcome, Outcome::healthy);
  EXPECT_EQ(pick.region, 0);
  EXPECT_THAT(chosen(pick), UnorderedElementsAre(0, 2));
}

TEST(Service, GoesToTheNextRegionWhenAllOfOneAreDown) {
  const Service service = make_service();
  Board board(5);
  for (std::size_t i = 0; i < 3; ++i)
    board.write(i, State::down);
  Random random(1);
  const Pick pick = service.pick(Family::v4, kFirstThenSecond, board, random);
  EXPECT_EQ(pick.region, 1);
  EXPECT_THAT(chosen(pick), ElementsAre(0));
}

TEST(Service, EachFamilyGoesToTheFirstRegionThatHasIt) {
  const Service service = make_service();
  const Board board(5);
  Random random(1);
  EXPECT_EQ(service.pick(Family::v4, kSecondThenFirst, board, random).region, 1);
  EXPECT_EQ(service.pick(Family::v6, kSecondThenFirst, board, random).region, 0);
}

TEST(Service, WhenAllAreDownItDoesAsConfigured) {
  Board board(5);
  for (std::size_t i = 0; i < 5; ++i)
    board.write(i, State::down);
  Random random(1);
  const Pick nearest = make_service(WhenAllDown::nearest).pick(Family::v4, kFirstThenSecond, board, random);
  EXPECT_EQ(nearest.outcome, Outcome::all_down);
  EXPECT_THAT(chosen(nearest), UnorderedElementsAre(0, 1, 2));
  EXPECT_EQ(make_service(WhenAllDown::fallback).pick(Family::v4, kFirstThenSecond, board, random).outcome,
            Outcome::fallback);
  EXPECT_EQ(make_service(WhenAllDown::nodata).pick(Family::v4, kFirstThenSecond, board, random).outcome,
            Outcome::nodata);
  const Pick v6 = make_service(WhenAllDown::nearest).pick(Family::v6, kSecondThenFirst, board, random);
  EXPECT_EQ(v6.region, 0) << "the first region that has the family at all";
}

TEST(Service, WithoutInstancesOfAFamilyNothingIsDown) {
  ServiceSettings settings;
  settings.regions = {"only"};
  settings.instances = {{0, *IpAddress::parse("192.0.2.1"), 0}};
  const Service service(settings, rank_listed(1));
  const Board board(1);
  Random random(1);
  EXPECT_FALSE(service.has(Family::v6));
  EXPECT_EQ(service.pick(Family::v6, std::array<RegionIndex, 1>{0}, board, random).outcome, Outcome::no_instances);
}

TEST(Service, RotationPutsEachInstanceFirstEquallyOften) {
  const Service service = make_service();
  const Board board(5);
  Random random(11);
  constexpr int kPicks = 30'000;
  std::map<int, int> first;
  for (int i = 0; i < kPicks; ++i)
    ++first[service.pick(Family::v4, kFirstThenSecond, board, random).instances[0]];
  double chi_square = 0;
  for (int instance = 0; instance < 3; ++instance) {
    const double expected = kPicks / 3.0;
    chi_square += (first[instance] - expected) * (first[instance] - expected) / expected;
  }
  EXPECT_LT(chi_square, 13.8);  // 2 degrees of freedom, p = 0.001
}

TEST(Service, AnswersBoundsTheRecordsAndStillRotatesOverAll) {
  const Service service = make_service(WhenAllDown::nearest, 1);
  const Board board(5);
  Random random(11);
  std::map<int, int> seen;
  for (int i = 0; i < 300; ++i) {
    const Pick pick = service.pick(Family::v4, kFirstThenSecond, board, random);
    ASSERT_EQ(pick.count, 1);
    ++seen[pick.instances[0]];
  }
  EXPECT_EQ(seen.size(), 3U);
}

TEST(Service, TakesAsManyInstancesAsAPoolHolds) {
  ServiceSettings settings;
  settings.regions = {"only"};
  for (std::uint32_t i = 0; i < kPoolMax; ++i)
    settings.instances.push_back({0, IpAddress::v4(i), i});
  const Service service(settings, rank_listed(1));
  const Board board(kPoolMax);
  Random random(1);
  EXPECT_EQ(service.pick(Family::v4, std::array<RegionIndex, 1>{0}, board, random).count, kPoolMax);
}

}  // namespace
}  // namespace rhumb::steering
