#include "answer/counters.hpp"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::answer {
namespace {

using dns::Rcode;
using steering::Outcome;

constexpr CountedPlaces kNothingPlaced{};

Counts sum_of(const Counters& counters) {
  Counts counts;
  counts += counters;
  return counts;
}

std::uint64_t total(const Counts& counts) {
  std::uint64_t total = 0;
  for (std::size_t place = 0; place < counter::kEnd; ++place)
    total += counts[place];
  return total;
}

std::size_t place_of(Transport transport, Family family, dns::Type type, Rcode rcode) {
  return counter::queries(transport, family) + counter::query(type, rcode);
}

TEST(Counters, APlainAnswerCountsAsAQueryAndForItsZone) {
  Counters counters;
  const std::vector<Summary> summaries{{.type = dns::type::kAaaa, .zone = 1, .rcode = Rcode::nx_domain}};
  counters.count(summaries, Transport::tcp, Family::v6, {.zones = {5, 6}});
  const Counts counts = sum_of(counters);
  EXPECT_EQ(counts[place_of(Transport::tcp, Family::v6, dns::type::kAaaa, Rcode::nx_domain)], 1U);
  EXPECT_EQ(counts[counter::kZones + 6], 1U);
  EXPECT_EQ(total(counts), 2U);
}

TEST(Counters, EveryTransportFamilyTypeAndRcodeHasACounterOfItsOwn) {
  std::set<std::size_t> places;
  std::size_t count = 0;
  for (const Transport transport : {Transport::udp, Transport::tcp}) {
    for (const Family family : {Family::v4, Family::v6}) {
      for (const dns::Type type : kCountedTypes) {
        for (const Rcode rcode : kCountedRcodes) {
          const std::size_t place = place_of(transport, family, type, rcode);
          EXPECT_LT(place, counter::kFate);
          places.insert(place);
          ++count;
        }
      }
    }
  }
  EXPECT_EQ(places.size(), count);
}

TEST(Counters, TypesThatAreRareShareACounter) {
  for (const dns::Type type : {dns::Type{0}, dns::Type{3}, dns::Type{65'280}, dns::type::kAxfr})
    EXPECT_EQ(counter::query(type, Rcode::no_error), counter::query(0, Rcode::no_error)) << type;
}

TEST(Counters, ASteeredAnswerCountsForItsServiceAndRegion) {
  Summary summary{.type = dns::type::kA, .service = 1};
  summary.set_outcome(Outcome::healthy, 2);
  Counters counters;
  counters.count({&summary, 1}, Transport::udp, Family::v4, {.services = {300, 400}});
  EXPECT_EQ(sum_of(counters)[counter::kSteered + 400 + 3], 1U);
  EXPECT_EQ(total(sum_of(counters)), 3U) << "and as a query, of no zone";
  summary.set_outcome(Outcome::fallback, 0);
  counters.count({&summary, 1}, Transport::udp, Family::v4, {.services = {300, 400}});
  EXPECT_EQ(sum_of(counters)[counter::kSteered + 400], 1U);
  EXPECT_EQ(sum_of(counters)[counter::outcome(Outcome::fallback)], 1U);
}

TEST(Counters, AScopeCountsUnderTheSubnetsFamily) {
  Counters counters;
  const std::vector<Summary> summaries{{.scope_bits = 32, .marks = {.subnet = Subnet::v4}},
                                       {.scope_bits = 128, .marks = {.subnet = Subnet::v6}},
                                       {.scope_bits = 0, .marks = {.subnet = Subnet::v6}}};
  counters.count(summaries, Transport::udp, Family::v4, kNothingPlaced);
  const Counts counts = sum_of(counters);
  EXPECT_EQ(counts[counter::scope(Family::v4, 32)], 1U);
  EXPECT_EQ(counts[counter::scope(Family::v6, 128)], 1U);
  EXPECT_EQ(counts[counter::scope(Family::v6, 0)], 1U);
}

TEST(Counters, WhatWasNotAnsweredCountsAsThatAlone) {
  Counters counters;
  const std::vector<Summary> summaries{{.marks = {.fate = Fate::limited}}, {.marks = {.fate = Fate::malformed}}};
  counters.count(summaries, Transport::udp, Family::v4, kNothingPlaced);
  const Counts counts = sum_of(counters);
  EXPECT_EQ(counts[counter::fate(Transport::udp, Fate::limited)], 1U);
  EXPECT_EQ(counts[counter::fate(Transport::udp, Fate::malformed)], 1U);
  EXPECT_EQ(total(counts), 2U);
}

TEST(Counters, WhatSlipsIsAnAnswerToo) {
  const Summary slipped{.type = dns::type::kA, .marks = {.fate = Fate::slipped, .is_truncated = true}};
  Counters counters;
  counters.count({&slipped, 1}, Transport::udp, Family::v4, kNothingPlaced);
  const Counts counts = sum_of(counters);
  EXPECT_EQ(counts[counter::fate(Transport::udp, Fate::slipped)], 1U);
  EXPECT_EQ(counts[counter::truncated(Transport::udp)], 1U);
  EXPECT_EQ(counts[place_of(Transport::udp, Family::v4, dns::type::kA, Rcode::no_error)], 1U);
}

TEST(Counters, ATimeCountsInTheFirstBucketThatItFits) {
  Counters counters;
  for (const std::uint64_t time_ns : {0U, 1U, 125U, 126U, 250U, 251U, 1'024'000U, 1'024'001U, 1'000'000'000U})
    counters.count_time(time_ns);
  const Counts counts = sum_of(counters);
  EXPECT_EQ(counts[counter::kTimes], 3U);
  EXPECT_EQ(counts[counter::kTimes + 1], 2U);
  EXPECT_EQ(counts[counter::kTimes + 2], 1U);
  EXPECT_EQ(time_bucket_end_ns(kTimeBuckets - 2), 1'024'000U);
  EXPECT_EQ(counts[counter::kTimes + kTimeBuckets - 2], 1U);
  EXPECT_EQ(counts[counter::kTimes + kTimeBuckets - 1], 2U);
  EXPECT_EQ(counts[counter::kTimeSum], 1'002'048'754U);
}

}  // namespace
}  // namespace rhumb::answer
