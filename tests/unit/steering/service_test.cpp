#include "steering/service.hpp"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::steering {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::array<RegionIndex, 2> kZeroOne{0, 1};
constexpr std::array<RegionIndex, 2> kOneZero{1, 0};
constexpr std::array<std::uint8_t, 2> kApart{0, 1};
constexpr std::array<std::uint8_t, 2> kTogether{0, 0};
constexpr Ranked kFirstThenSecond{kZeroOne, kApart};
constexpr Ranked kSecondThenFirst{kOneZero, kApart};
constexpr Ranked kOnly{std::span(kZeroOne).first(1), std::span(kApart).first(1)};
constexpr Ranked kEqual{kZeroOne, kTogether};

const IpAddress kClient = *IpAddress::parse("198.51.100.7");

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
  settings.families_together = false;
  settings.regions = {"first", "second"};
  TargetIndex target = 0;
  for (const auto& [region, address] : std::vector<std::pair<RegionIndex, const char*>>{
           {0, "192.0.2.1"}, {0, "192.0.2.2"}, {0, "192.0.2.3"}, {0, "2001:db8::1"}, {1, "192.0.2.9"}}) {
    settings.instances.push_back({region, *IpAddress::parse(address), target++});
  }
  return {settings, std::make_shared<RankingMap>(Rankings(2))};
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

TEST(Service, StoresReadyRecordsOfTheLastResortByFamily) {
  ServiceSettings settings = make_service(WhenAllDown::last_resort).settings();
  settings.last_resort = {*IpAddress::parse("192.0.2.99"), *IpAddress::parse("2001:db8::99"),
                          *IpAddress::parse("192.0.2.98")};
  const Service service(settings, std::make_shared<RankingMap>(Rankings(2)));
  const dns::StoredRrset v4 = service.last_resort(Family::v4);
  EXPECT_EQ(v4.count, 2);
  EXPECT_THAT(v4.records, ElementsAre(0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 99,  //
                                      0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 98));
  EXPECT_EQ(service.last_resort(Family::v6).count, 1);
  EXPECT_EQ(make_service().last_resort(Family::v4).count, 0);
}

// Region 0: a.example and longer.b.example (targets 0, 1). Region 1: c.example (2).
Service make_alias(Policy policy = Policy::rotate) {
  ServiceSettings settings;
  settings.ttl_s = 30;
  settings.policy = policy;
  settings.answers = 1;
  settings.regions = {"first", "second"};
  settings.instances = {{0, {}, 0}, {1, {}, 1}, {0, {}, 2}};
  for (const char* name : {"a.example", "c.example", "longer.B.example"})
    settings.names.push_back(*dns::Name::from_text(name));
  return {settings, std::make_shared<RankingMap>(Rankings(2))};
}

TEST(Service, StoresAReadyCnameForEachNameOfARegion) {
  const Service service = make_alias();
  EXPECT_TRUE(service.has_names());
  EXPECT_FALSE(make_service().has_names());
  EXPECT_THAT(service.alias(0, 0).records,
              ElementsAre(0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 30, 0, 11, 1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0));
  for (const auto& [region, place, name] : std::vector<std::tuple<RegionIndex, std::uint8_t, const char*>>{
           {0, 0, "a.example"}, {0, 1, "longer.b.example"}, {1, 0, "c.example"}}) {
    EXPECT_EQ(service.name(region, place).to_text(), name);
    const dns::StoredRrset cname = service.alias(region, place);
    EXPECT_EQ(cname.count, 1);
    EXPECT_EQ(dns::Name::from_wire(cname.records.subspan(dns::kStoredRecordFixedSize))->to_text(), name);
  }
}

TEST(Service, PicksNamesAsItPicksAddresses) {
  const Service service = make_alias();
  Board board(3);
  Random random(1);
  std::set<int> places;
  for (int i = 0; i < 100; ++i) {
    const Pick pick = service.pick(Service::kFamilyOfNames, kFirstThenSecond, kClient, board, random);
    EXPECT_EQ(pick.region, 0);
    EXPECT_EQ(pick.count, 1);
    places.insert(pick.instances[0]);
  }
  EXPECT_THAT(places, ElementsAre(0, 1)) << "any of those that are healthy";
  board.write(0, State::down);
  board.write(2, State::down);
  const Pick elsewhere = service.pick(Service::kFamilyOfNames, kFirstThenSecond, kClient, board, random);
  EXPECT_EQ(elsewhere.region, 1);
}

TEST(Service, StickyKnowsANameWhereverItStands) {
  ServiceSettings turned = make_alias(Policy::sticky).settings();
  std::swap(turned.names[0], turned.names[2]);
  const Service one = make_alias(Policy::sticky);
  const Service other(turned, std::make_shared<RankingMap>(Rankings(2)));
  const Board board(3);
  Random random(1);
  std::set<dns::Name> names;
  for (std::uint32_t i = 0; i < 50; ++i) {
    const IpAddress client = IpAddress::v4(0x0A000000U + (i << 8));
    const Pick a = one.pick(Service::kFamilyOfNames, kOnly, client, board, random);
    const Pick b = other.pick(Service::kFamilyOfNames, kOnly, client, board, random);
    EXPECT_EQ(one.name(0, a.instances[0]), other.name(0, b.instances[0]));
    names.insert(one.name(0, a.instances[0]));
  }
  EXPECT_EQ(names.size(), 2U);
}

TEST(Service, PicksAllHealthyInstancesOfTheFirstRegion) {
  const Service service = make_service();
  Board board(5);
  board.write(1, State::down);
  Random random(1);
  const Pick pick = service.pick(Family::v4, kFirstThenSecond, kClient, board, random);
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
  const Pick pick = service.pick(Family::v4, kFirstThenSecond, kClient, board, random);
  EXPECT_EQ(pick.region, 1);
  EXPECT_THAT(chosen(pick), ElementsAre(0));
}

TEST(Service, EachFamilyGoesToTheFirstRegionThatHasIt) {
  const Service service = make_service();
  const Board board(5);
  Random random(1);
  EXPECT_EQ(service.pick(Family::v4, kSecondThenFirst, kClient, board, random).region, 1);
  EXPECT_EQ(service.pick(Family::v6, kSecondThenFirst, kClient, board, random).region, 0);
}

TEST(Service, WhenAllAreDownItDoesAsConfigured) {
  Board board(5);
  for (std::size_t i = 0; i < 5; ++i)
    board.write(i, State::down);
  Random random(1);
  const Pick nearest = make_service(WhenAllDown::nearest).pick(Family::v4, kFirstThenSecond, kClient, board, random);
  EXPECT_EQ(nearest.outcome, Outcome::all_down);
  EXPECT_THAT(chosen(nearest), UnorderedElementsAre(0, 1, 2));
  EXPECT_EQ(make_service(WhenAllDown::fallback).pick(Family::v4, kFirstThenSecond, kClient, board, random).outcome,
            Outcome::fallback);
  EXPECT_EQ(make_service(WhenAllDown::last_resort).pick(Family::v4, kFirstThenSecond, kClient, board, random).outcome,
            Outcome::last_resort);
  EXPECT_EQ(make_service(WhenAllDown::nodata).pick(Family::v4, kFirstThenSecond, kClient, board, random).outcome,
            Outcome::nodata);
  const Pick v6 = make_service(WhenAllDown::nearest).pick(Family::v6, kSecondThenFirst, kClient, board, random);
  EXPECT_EQ(v6.region, 0) << "the first region that has the family at all";
}

TEST(Service, WithoutInstancesOfAFamilyNothingIsDown) {
  ServiceSettings settings;
  settings.regions = {"only"};
  settings.instances = {{0, *IpAddress::parse("192.0.2.1"), 0}};
  const Service service(settings, std::make_shared<RankingMap>(Rankings(1)));
  const Board board(1);
  Random random(1);
  EXPECT_FALSE(service.has(Family::v6));
  EXPECT_EQ(service.pick(Family::v6, kOnly, kClient, board, random).outcome, Outcome::no_instances);
}

TEST(Service, RotationPutsEachInstanceFirstEquallyOften) {
  const Service service = make_service();
  const Board board(5);
  Random random(11);
  constexpr int kPicks = 30'000;
  std::map<int, int> first;
  for (int i = 0; i < kPicks; ++i)
    ++first[service.pick(Family::v4, kFirstThenSecond, kClient, board, random).instances[0]];
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
    const Pick pick = service.pick(Family::v4, kFirstThenSecond, kClient, board, random);
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
  const Service service(settings, std::make_shared<RankingMap>(Rankings(1)));
  const Board board(kPoolMax);
  Random random(1);
  EXPECT_EQ(service.pick(Family::v4, kOnly, kClient, board, random).count, kPoolMax);
}

// What one service of the tests below is made of: region, address, weight.
struct Part {
  RegionIndex region;
  const char* address;
  Weight weight = 1;
};

Service make_service_of(std::vector<Part> parts, ServiceSettings settings = {}) {
  settings.name = "www.example.com";
  settings.regions = {"first", "second"};
  TargetIndex target = 0;
  for (const Part& part : parts)
    settings.instances.push_back({part.region, *IpAddress::parse(part.address), target++, part.weight});
  return {settings, std::make_shared<RankingMap>(Rankings(2))};
}

ServiceSettings with_policy(Policy policy, std::uint8_t answers = 1) {
  ServiceSettings settings;
  settings.policy = policy;
  settings.answers = answers;
  return settings;
}

// How often each address of region 0 or 1 comes first, of `draws` clients in networks of their own.
std::map<std::string, int> first_addresses(const Service& service, const Ranked& ranked, const Board& board,
                                           std::uint32_t draws) {
  Random random(4);
  std::map<std::string, int> counts;
  for (std::uint32_t i = 0; i < draws; ++i) {
    const Pick pick = service.pick(Family::v4, ranked, IpAddress::v4(i << 8), board, random);
    ++counts[service.pool(Family::v4, pick.region)[pick.instances[0]].address.to_string()];
  }
  return counts;
}

// Pearson's statistic over four categories stays below 21.1 in 9,999 of 10,000 runs, over three below 18.4.
double chi_square(const std::map<std::string, int>& counts, const std::map<std::string, double>& shares, double draws) {
  double sum = 0;
  for (const auto& [address, share] : shares) {
    const auto found = counts.find(address);
    const double expected = share * draws;
    const double difference = (found == counts.end() ? 0 : found->second) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

const std::vector<Part> kWeighted{{0, "192.0.2.1", 1}, {0, "192.0.2.2", 2}, {0, "192.0.2.3", 5}, {1, "192.0.2.9", 8}};

TEST(ServicePolicy, WeightedAndStickyShareByWeight) {
  constexpr std::uint32_t kDraws = 40'000;
  for (const Policy policy : {Policy::weighted, Policy::sticky}) {
    const Service service = make_service_of(kWeighted, with_policy(policy));
    const Board board(4);
    EXPECT_LT(chi_square(first_addresses(service, kFirstThenSecond, board, kDraws),
                         {{"192.0.2.1", 0.125}, {"192.0.2.2", 0.25}, {"192.0.2.3", 0.625}}, kDraws),
              18.4);
    // One down: the others keep their proportion.
    Board one_down(4);
    one_down.write(2, State::down);
    EXPECT_LT(chi_square(first_addresses(service, kFirstThenSecond, one_down, kDraws),
                         {{"192.0.2.1", 1 / 3.0}, {"192.0.2.2", 2 / 3.0}}, kDraws),
              15.2);
  }
}

TEST(ServicePolicy, EqualRegionsShareByTheWeightsOfTheHealthy) {
  constexpr std::uint32_t kDraws = 40'000;
  for (const Policy policy : {Policy::weighted, Policy::sticky}) {
    const Service service = make_service_of(kWeighted, with_policy(policy));
    const Board board(4);
    EXPECT_LT(
        chi_square(first_addresses(service, kEqual, board, kDraws),
                   {{"192.0.2.1", 1 / 16.0}, {"192.0.2.2", 2 / 16.0}, {"192.0.2.3", 5 / 16.0}, {"192.0.2.9", 0.5}},
                   kDraws),
        21.1);
    Board one_down(4);
    one_down.write(2, State::down);
    // Of `sticky` only the clients of the instance that is down move: their region keeps its half.
    const double rest = policy == Policy::sticky ? 0.5 : 3 / 11.0;
    EXPECT_LT(chi_square(first_addresses(service, kEqual, one_down, kDraws),
                         {{"192.0.2.1", rest / 3}, {"192.0.2.2", rest * 2 / 3}, {"192.0.2.9", 1 - rest}}, kDraws),
              18.4);
  }
}

TEST(ServicePolicy, EqualRegionsShareByCapacityIfToldSo) {
  constexpr std::uint32_t kDraws = 40'000;
  ServiceSettings settings = with_policy(Policy::rotate);
  settings.spread = Spread::capacity;
  settings.capacities = {30, 10};
  const Service service = make_service_of(kWeighted, settings);
  const Board board(4);
  EXPECT_LT(chi_square(first_addresses(service, kEqual, board, kDraws),
                       {{"192.0.2.1", 0.25}, {"192.0.2.2", 0.25}, {"192.0.2.3", 0.25}, {"192.0.2.9", 0.25}}, kDraws),
            21.1);
}

TEST(ServicePolicy, StickyMovesOnlyTheClientsOfTheInstanceThatLeft) {
  const Service service = make_service_of(kWeighted, with_policy(Policy::sticky));
  const Board board(4);
  Board one_down(4);
  one_down.write(1, State::down);
  Random random(1);
  int moved = 0;
  for (std::uint32_t i = 0; i < 2'000; ++i) {
    const IpAddress client = IpAddress::v4(i << 8);
    const Pick before = service.pick(Family::v4, kEqual, client, board, random);
    const Pick after = service.pick(Family::v4, kEqual, client, one_down, random);
    const bool was_there = before.region == 0 && before.instances[0] == 1;
    EXPECT_EQ(before.region != after.region || before.instances[0] != after.instances[0], was_there) << i;
    moved += was_there ? 1 : 0;
  }
  EXPECT_GT(moved, 0);
}

TEST(ServicePolicy, StickySendsBothFamiliesToOneOfEqualRegions) {
  const Service service = make_service_of(
      {{0, "192.0.2.1", 2}, {0, "2001:db8::1"}, {1, "192.0.2.9"}, {1, "2001:db8::9", 5}}, with_policy(Policy::sticky));
  const Board board(4);
  Random random(1);
  std::array<int, 2> counts{};
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    const IpAddress client = IpAddress::v4(i << 8);
    const RegionIndex region = service.pick(Family::v4, kEqual, client, board, random).region;
    ASSERT_EQ(service.pick(Family::v6, kEqual, client, board, random).region, region) << i;
    ++counts[region];
  }
  EXPECT_GT(counts[0], 200);
  EXPECT_GT(counts[1], counts[0]) << "6 to 3 by weight";
}

TEST(ServicePolicy, StickyIsTheSameForAWholeNetworkAndForItsEmbeddings) {
  const Service service = make_service_of(kWeighted, with_policy(Policy::sticky));
  const Board board(4);
  Random random(1);
  const auto picked = [&](std::string_view client) {
    return service.pick(Family::v4, kFirstThenSecond, *IpAddress::parse(client), board, random).instances[0];
  };
  for (const char* network : {"10.0.0", "10.0.1", "10.0.2", "10.0.3"}) {
    const std::string first = std::string(network) + ".1";
    EXPECT_EQ(picked(first), picked(std::string(network) + ".254"));
    EXPECT_EQ(picked(first), picked("::ffff:" + first));
  }
  EXPECT_EQ(picked("2001:db8::1"), picked("2001:db8:0:ff::1"));
}

TEST(ServicePolicy, TheScopeOfStickyIsAtLeastWhatIsHashed) {
  ServiceSettings settings = with_policy(Policy::sticky);
  settings.sticky_prefix = {20, 48};
  const Service service = make_service_of(kWeighted, settings);
  Ranked ranked = kFirstThenSecond;
  ranked.scope_bits = 18;
  EXPECT_EQ(service.scope_bits(ranked, *IpAddress::parse("192.0.2.1")), 20);
  EXPECT_EQ(service.scope_bits(ranked, *IpAddress::parse("2001:db8::1")), 48);
  EXPECT_EQ(service.scope_bits(ranked, *IpAddress::parse("::ffff:192.0.2.1")), 116);
  EXPECT_EQ(service.scope_bits(ranked, *IpAddress::parse("2002:c000:201::")), 36);
  ranked.scope_bits = 25;
  EXPECT_EQ(service.scope_bits(ranked, *IpAddress::parse("192.0.2.1")), 25);
  EXPECT_EQ(make_service().scope_bits(kFirstThenSecond, kClient), 0) << "nothing is hashed";
}

TEST(ServicePolicy, AnInstanceWithoutWeightIsUsedOnlyWhenNoOtherIsHealthy) {
  for (const Policy policy : {Policy::rotate, Policy::weighted, Policy::sticky}) {
    const Service service =
        make_service_of({{0, "192.0.2.1", 0}, {0, "192.0.2.2", 3}, {1, "192.0.2.9", 1}}, with_policy(policy, 0));
    Board board(3);
    Random random(1);
    EXPECT_THAT(chosen(service.pick(Family::v4, kFirstThenSecond, kClient, board, random)), ElementsAre(1));
    board.write(1, State::down);
    EXPECT_EQ(service.pick(Family::v4, kFirstThenSecond, kClient, board, random).region, 1);
    board.write(2, State::down);
    const Pick last = service.pick(Family::v4, kFirstThenSecond, kClient, board, random);
    EXPECT_EQ(last.outcome, Outcome::healthy);
    EXPECT_EQ(last.region, 0);
    EXPECT_THAT(chosen(last), ElementsAre(0));
  }
}

TEST(ServicePolicy, FamiliesGoTogetherWhereBothAreHealthy) {
  const Service service = make_service_of({{0, "192.0.2.1"}, {0, "2001:db8::1"}, {1, "192.0.2.9"}, {1, "2001:db8::9"}});
  Board board(4);
  Random random(1);
  const auto region_of = [&](Family family) {
    return service.pick(family, kFirstThenSecond, kClient, board, random).region;
  };
  EXPECT_EQ(region_of(Family::v4), 0);
  EXPECT_EQ(region_of(Family::v6), 0);
  board.write(1, State::down);  // IPv6 of the first region
  EXPECT_EQ(region_of(Family::v4), 1);
  EXPECT_EQ(region_of(Family::v6), 1);
  board.write(2, State::down);  // IPv4 of the second: no region has both, so each goes where it can
  EXPECT_EQ(region_of(Family::v4), 0);
  EXPECT_EQ(region_of(Family::v6), 1);
}

TEST(ServicePolicy, ARuleCanKeepClientsOut) {
  Rankings rankings(2);
  EXPECT_FALSE(make_service_of(kWeighted).keeps_some_out());
  const RankingId refused = rankings.intern({}, Action::refuse, 0);
  const RankingId none = rankings.intern({}, Action::nodata, 1);
  ServiceSettings settings;
  settings.regions = {"first", "second"};
  const Service service(settings, std::make_shared<RankingMap>(rankings));
  EXPECT_TRUE(service.keeps_some_out());
  const Board board(1);
  Random random(1);
  EXPECT_EQ(service.pick(Family::v4, rankings[refused], kClient, board, random).outcome, Outcome::refused);
  EXPECT_EQ(service.pick(Family::v4, rankings[none], kClient, board, random).outcome, Outcome::kept_out);
}

TEST(ServicePolicy, ARankingWithoutAnInstanceOfTheFamilyIsNoData) {
  const Service service = make_service_of({{0, "192.0.2.1"}, {1, "2001:db8::9"}});
  const Board board(2);
  Random random(1);
  const Pick pick = service.pick(Family::v6, kOnly, kClient, board, random);
  EXPECT_EQ(pick.outcome, Outcome::nodata);
  EXPECT_EQ(pick.count, 0);
}

// A region each, all different ones, in order of preference: targets 0, 1, 2.
const Service& three_regions() {
  static const Service kService = [] {
    ServiceSettings settings;
    settings.regions = {"first", "second", "third"};
    settings.instances = {{0, *IpAddress::parse("192.0.2.1"), 0},
                          {1, *IpAddress::parse("192.0.2.9"), 1},
                          {2, *IpAddress::parse("192.0.2.17"), 2}};
    return Service(settings, std::make_shared<RankingMap>(Rankings(3)));
  }();
  return kService;
}

constexpr std::array<RegionIndex, 3> kInOrder{0, 1, 2};
constexpr std::array<std::uint8_t, 3> kAllApart{0, 1, 2};
constexpr Ranked kThree{kInOrder, kAllApart};
constexpr std::uint32_t kClients = 20'000;

IpAddress client_of(std::uint32_t network) {
  return IpAddress::v4(0x0A000000U + (network << 8) + network % 251);
}

Pick pick_by_shares(const std::array<Share, 3>& shares, IpAddress client) {
  Random random(1);
  return three_regions().pick(
      Family::v4, kThree, client, [&](TargetIndex target) { return shares[target]; }, random);
}

// As a region is drained, its clients leave one after the other, and nobody comes back.
TEST(ServiceShares, WhoHasLeftStaysAwayAndGoesToTheNextOfHisRanking) {
  std::vector<bool> has_left(kClients);
  for (const int percent : {100, 99, 80, 50, 20, 1, 0}) {
    const auto share = static_cast<Share>(kFullShare * percent / 100);
    std::uint32_t stayed = 0;
    for (std::uint32_t i = 0; i < kClients; ++i) {
      const Pick pick = pick_by_shares({share, kFullShare, kFullShare}, client_of(i));
      ASSERT_EQ(pick.outcome, Outcome::healthy);
      ASSERT_TRUE(pick.region == 0 || pick.region == 1);
      ASSERT_TRUE(pick.region == 1 || !has_left[i]) << i << " came back at " << percent << " %";
      has_left[i] = pick.region == 1;
      stayed += has_left[i] ? 0 : 1;
    }
    EXPECT_NEAR(static_cast<double>(stayed) / kClients, percent / 100.0, 0.01);
  }
}

TEST(ServiceShares, AWholeNetworkIsTreatedAlikeAndSoAreItsEmbeddings) {
  for (std::uint32_t i = 0; i < 500; ++i) {
    const IpAddress client = client_of(i);
    const RegionIndex region = pick_by_shares({kFullShare / 2, kFullShare, kFullShare}, client).region;
    const IpAddress neighbour = IpAddress::v4(static_cast<std::uint32_t>(client.bits) ^ 0xFFU);
    EXPECT_EQ(pick_by_shares({kFullShare / 2, kFullShare, kFullShare}, neighbour).region, region);
    const IpAddress mapped = *IpAddress::parse("::ffff:" + client.to_string());
    EXPECT_EQ(pick_by_shares({kFullShare / 2, kFullShare, kFullShare}, mapped).region, region);
  }
}

// The regions' shares are drawn independently, so that the second region's are no other people than the first's.
TEST(ServiceShares, OfWhoLeavesTheNextRegionTakesItsPart) {
  std::array<std::uint32_t, 3> counts{};
  for (std::uint32_t i = 0; i < kClients; ++i)
    ++counts[pick_by_shares({kFullShare / 2, kFullShare / 2, kFullShare}, client_of(i)).region];
  EXPECT_NEAR(counts[0], kClients / 2.0, kClients * 0.015);
  EXPECT_NEAR(counts[1], kClients / 4.0, kClients * 0.015);
  EXPECT_NEAR(counts[2], kClients / 4.0, kClients * 0.015);
}

// All shares of up to three regions: whose share the client is in, else who is healthy at all.
TEST(ServiceShares, TheLeastShareIsUsedOnlyWhenNothingElseIsHealthy) {
  for (const Share a : {Share{0}, kLeastShare, kFullShare}) {
    for (const Share b : {Share{0}, kLeastShare, kFullShare}) {
      for (const Share c : {Share{0}, kLeastShare, kFullShare}) {
        const std::array<Share, 3> shares{a, b, c};
        const auto first = [&](Share least) {
          return std::ranges::find_if(shares, [&](Share share) { return share >= least; }) - shares.begin();
        };
        const auto expected = first(kFullShare) < 3 ? first(kFullShare) : first(kLeastShare);
        const Pick pick = pick_by_shares(shares, kClient);
        EXPECT_EQ(pick.outcome, expected < 3 ? Outcome::healthy : Outcome::all_down);
        EXPECT_EQ(pick.region, expected < 3 ? expected : 0);
        EXPECT_FALSE(pick.is_by_share) << "it is the same for everybody";
      }
    }
  }
}

TEST(ServiceShares, WhoIsInNobodysShareGoesWhereSomebodyIsHealthy) {
  std::uint32_t in_none = 0;
  for (std::uint32_t i = 0; i < kClients; ++i) {
    const Pick pick = pick_by_shares({2, 0, 2}, client_of(i));
    ASSERT_EQ(pick.outcome, Outcome::healthy);
    ASSERT_NE(pick.region, 1);
    in_none += pick.region == 0 ? 1 : 0;
  }
  EXPECT_GT(in_none, kClients * 0.99) << "the first of the ranking that is healthy";
}

TEST(ServiceShares, TheScopeIsNarrowedExactlyWhenAShareWasAskedAbout) {
  const Service& service = three_regions();
  for (const auto& [shares, is_by_share] : std::vector<std::pair<std::array<Share, 3>, bool>>{
           {{kFullShare, kFullShare, kFullShare}, false},
           {{0, kLeastShare, kFullShare}, false},
           {{2, kFullShare, kFullShare}, true},
           {{kFullShare - 1, kFullShare, kFullShare}, true},
           {{kFullShare, kFullShare / 2, kFullShare}, false},  // the first region does for everybody
           {{kLeastShare, kFullShare / 2, 0}, true},
           {{0, 0, 0}, false}}) {
    const Pick pick = pick_by_shares(shares, kClient);
    EXPECT_EQ(pick.is_by_share, is_by_share) << ::testing::PrintToString(shares);
    EXPECT_EQ(service.scope_bits(kThree, kClient, pick.is_by_share), is_by_share ? 24 : 0);
  }
  Ranked narrow = kThree;
  narrow.scope_bits = 28;
  EXPECT_EQ(service.scope_bits(narrow, kClient, true), 28) << "never wider than the ranking's";
  const IpAddress v6 = *IpAddress::parse("2001:db8::7");
  EXPECT_EQ(service.scope_bits(kThree, v6, true), 56);
}

}  // namespace
}  // namespace rhumb::steering
