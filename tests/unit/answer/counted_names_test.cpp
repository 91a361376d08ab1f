#include "answer/counted_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using testing::ElementsAre;

std::shared_ptr<const zone::Zone> zone_of(const std::string& apex) {
  return make_zone(apex, "@ SOA ns h 1 2 3 4 5\n@ NS ns.example.net.\n");
}

steering::Service service_of(const std::string& name, const std::vector<std::string>& regions) {
  steering::ServiceSettings settings;
  settings.name = name;
  settings.regions = regions;
  return {std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(regions.size()))};
}

Snapshot snapshot_of(std::vector<std::shared_ptr<const zone::Zone>> zones, std::vector<steering::Service> services = {},
                     std::vector<dns::Name> not_loaded = {}) {
  return {zone::Zones(std::move(zones), 1, std::move(not_loaded)), {}, std::move(services), nullptr};
}

TEST(CountedNames, GiveANameOnePlaceWhateverItsNumber) {
  CountedNames names;
  const auto a = zone_of("a.example");
  const auto b = zone_of("b.example");
  const CountedPlaces before = names.place(snapshot_of({a, b}));
  ASSERT_EQ(before.zones.size(), 2U);
  EXPECT_NE(before.zones[0], before.zones[1]);
  const CountedPlaces after = names.place(snapshot_of({zone_of("c.example"), b}, {}, {a->apex()}));
  ASSERT_EQ(after.zones.size(), 3U);
  EXPECT_EQ(after.zones[1], before.zones[1]);
  EXPECT_EQ(after.zones[2], before.zones[0]) << "those that are not loaded are behind the others";
  EXPECT_EQ(names.zones()[after.zones[0]], "c.example");
  EXPECT_EQ(names.zones()[after.zones[2]], "a.example");
}

TEST(CountedNames, GiveAServiceAPlaceForEachRegionAndOneForNone) {
  CountedNames names;
  const CountedPlaces places =
      names.place(snapshot_of({}, {service_of("one", {"eu", "us"}), service_of("two", {"us"})}));
  ASSERT_EQ(places.services.size(), 2U);
  const auto at = [&names](std::size_t place) {
    const CountedNames::Steered name = names.steered()[place];
    return name.service + " " + name.region;
  };
  EXPECT_EQ(at(places.services[0]), "one ");
  EXPECT_EQ(at(places.services[0] + 1U), "one eu");
  EXPECT_EQ(at(places.services[0] + 2U), "one us");
  EXPECT_EQ(at(places.services[1]), "two ");
  EXPECT_EQ(at(places.services[1] + 1U), "two us");
}

// Counters are summed by name, so that they go on.
TEST(CountedNames, AServiceWithOtherRegionsHasNewPlacesOfTheSameNames) {
  CountedNames names;
  const CountedPlaces before = names.place(snapshot_of({}, {service_of("one", {"eu"})}));
  const CountedPlaces after = names.place(snapshot_of({}, {service_of("one", {"as", "eu"})}));
  EXPECT_NE(before.services[0], after.services[0]);
  EXPECT_EQ(names.steered()[before.services[0] + 1U].region, "eu");
  EXPECT_EQ(names.steered()[after.services[0] + 2U].region, "eu");
  EXPECT_EQ(names.place(snapshot_of({}, {service_of("one", {"eu"})})).services[0], before.services[0]);
}

TEST(CountedNames, WhoComesWhenAllPlacesAreTakenSharesOne) {
  CountedNames names;
  std::vector<steering::Service> services;
  for (std::size_t i = 0; i < kCountedRegionsMax / 2; ++i)
    services.push_back(service_of(std::to_string(i), {"eu"}));
  static_cast<void>(names.place(snapshot_of({}, std::move(services))));
  EXPECT_EQ(names.steered().size(), kSteeredPlaces);
  const CountedPlaces late = names.place(snapshot_of({}, {service_of("late", {"eu"}), service_of("0", {"eu"})}));
  EXPECT_EQ(late.services[0], CountedPlaces::kOtherServices);
  EXPECT_NE(late.services[1], CountedPlaces::kOtherServices) << "keeps its place";
}

TEST(CountedNames, ZonesBeyondThoseThatAreCountedShareAPlace) {
  CountedNames names;
  std::vector<dns::Name> apexes;
  for (std::size_t i = 0; i <= kCountedZonesMax; ++i)
    apexes.push_back(*dns::Name::from_text("z" + std::to_string(i) + ".example"));
  const CountedPlaces places = names.place(snapshot_of({}, {}, apexes));
  EXPECT_EQ(places.zones[kCountedZonesMax - 1], kZonePlaces - 1);
  EXPECT_EQ(places.zones[kCountedZonesMax], CountedPlaces::kOtherZones);
  EXPECT_THAT(names.zones(), testing::SizeIs(kZonePlaces));
}

}  // namespace
}  // namespace rhumb::answer
