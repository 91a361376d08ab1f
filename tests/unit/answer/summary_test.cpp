// What the responder tells those who count.
#include "answer/summary.hpp"

#include <gtest/gtest.h>

#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using steering::Outcome;

constexpr std::string_view kSummaryZone =
    "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\nhost A 192.0.2.1\n"
    "to-www CNAME www\n";

// Leads to www, which is steered too.
steering::Service make_alias() {
  steering::ServiceSettings settings;
  settings.name = "to.example.com";
  settings.regions = {"a", "b", "c"};
  settings.instances = {{2, {}, 0, 1}};
  settings.names = {*dns::Name::from_text("www.example.com")};
  return {std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(3))};
}

steering::Service make_service() {
  steering::ServiceSettings settings;
  settings.name = "www.example.com";
  settings.regions = {"eu", "us"};
  settings.instances = {{1, IpAddress::v4(0xC000'0201), 0, 1}};
  return {std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(2))};
}

class SummaryTest : public testing::Test {
 protected:
  SummaryTest() {
    const std::vector<zone::OverlayName> overlays{{*dns::Name::from_text("www.example.com"), 1, "www"},
                                                  {*dns::Name::from_text("to.example.com"), 2, "to"}};
    auto first = make_zone("example.net", "@ SOA ns h 1 2 3 4 5\n@ NS ns.example.com.\n");
    auto second = make_zone("example.com", kSummaryZone, overlays);
    snapshot_ =
        std::make_unique<Snapshot>(Snapshot{zone::Zones({first, second}, 1, {*dns::Name::from_text("example.org")}),
                                            {},
                                            {},
                                            std::make_shared<health::Board>(1)});
    snapshot_->services.push_back(make_service());  // no name leads to it
    snapshot_->services.push_back(make_service());
    snapshot_->services.push_back(make_alias());
  }

  Summary ask(const dns::Message& query, Client client = {}) {
    std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
    Summary summary{
        .type = 7, .zone = 7, .service = 7, .region = 7, .scope_bits = 7};  // what is left of an earlier one
    size_ = answer(*snapshot_, client, query, response, random_, summary);
    return summary;
  }
  Summary ask(std::string_view name, dns::Type type = dns::type::kA, Client client = {}) {
    return ask(dns::query_message(name, type), client);
  }

  std::unique_ptr<Snapshot> snapshot_;
  Random random_{1};
  std::size_t size_ = 0;
};

TEST_F(SummaryTest, OfAnAnswerFromAZoneSaysWhichTypeAndRcode) {
  const Summary found = ask("host.example.com");
  EXPECT_TRUE(found.is_plain());
  EXPECT_EQ(found.zone, 1U);
  EXPECT_EQ(found.type, dns::type::kA);
  EXPECT_EQ(found.rcode, dns::Rcode::no_error);
  const Summary missing = ask("none.example.net", dns::type::kMx);
  EXPECT_TRUE(missing.is_plain());
  EXPECT_EQ(missing.zone, 0U);
  EXPECT_EQ(missing.type, dns::type::kMx);
  EXPECT_EQ(missing.rcode, dns::Rcode::nx_domain);
}

TEST_F(SummaryTest, AZoneThatIsNotLoadedIsTheQuestionsZoneToo) {
  const Summary summary = ask("www.example.org");
  EXPECT_EQ(summary.zone, 2U);
  EXPECT_EQ(summary.rcode, dns::Rcode::serv_fail);
}

TEST_F(SummaryTest, DsOfAZoneBelowIsAboutTheZoneAbove) {
  auto above = make_zone("example", "@ SOA ns h 1 2 3 4 5\n@ NS ns.other.\nsub NS ns.other.\n");
  auto below = make_zone("sub.example", "@ SOA ns h 1 2 3 4 5\n@ NS ns.other.\n");
  auto bare = make_zone("bare.example", "@ SOA ns h 1 2 3 4 5\n@ NS ns.other.\n");
  snapshot_->zones = zone::Zones({below, bare, above}, 1);
  EXPECT_EQ(ask("sub.example", dns::type::kDs).zone, 2U);
  EXPECT_EQ(ask("bare.example", dns::type::kDs).zone, 2U);
  EXPECT_EQ(ask("sub.example", dns::type::kNs).zone, 0U);
}

TEST_F(SummaryTest, WhatIsNobodysHasNoZone) {
  const Summary summary = ask("example.info");
  EXPECT_TRUE(summary.is_plain());
  EXPECT_EQ(summary.zone, zone::Lookup::kNoZone);
  EXPECT_EQ(summary.rcode, dns::Rcode::refused);
}

TEST_F(SummaryTest, OfASteeredAnswerSaysWhichServiceRegionAndOutcome) {
  for (const char* name : {"www.example.com", "to-www.example.com"}) {
    const Summary summary = ask(name);
    EXPECT_TRUE(summary.is_usual());
    ASSERT_TRUE(summary.is_steered());
    EXPECT_EQ(summary.service, 1U);
    EXPECT_EQ(summary.region, 2U) << "the second, plus one";
    EXPECT_EQ(summary.outcome(), Outcome::healthy);
  }
}

TEST_F(SummaryTest, WithoutARegionSaysSo) {
  const Summary summary = ask("www.example.com", dns::type::kAaaa);
  ASSERT_TRUE(summary.is_steered());
  EXPECT_FALSE(summary.is_usual());
  EXPECT_EQ(summary.region, 0U);
  EXPECT_EQ(summary.outcome(), Outcome::no_instances);
}

TEST_F(SummaryTest, OtherTypesOfASteeredNameAreNotSteered) {
  EXPECT_TRUE(ask("www.example.com", dns::type::kMx).is_plain());
}

TEST_F(SummaryTest, OfSeveralServicesTheLastThatDecidedCounts) {
  const Summary both = ask("to.example.com");
  EXPECT_EQ(both.service, 1U);
  EXPECT_EQ(both.region, 2U);
  const Summary one = ask("to.example.com", dns::type::kMx);  // www has none to give
  EXPECT_EQ(one.service, 2U);
  EXPECT_EQ(one.region, 3U);
}

TEST_F(SummaryTest, AClientSubnetIsSeenWithItsFamily) {
  dns::Message v4 = dns::query_message("www.example.com", dns::type::kA);
  dns::append_opt(v4, dns::client_subnet_option(1, 24, {198, 51, 100}));
  EXPECT_EQ(ask(v4).marks.subnet, Subnet::v4);
  dns::Message v6 = dns::query_message("www.example.com", dns::type::kA);
  dns::append_opt(v6, dns::client_subnet_option(2, 32, {0x20, 0x01, 0x0D, 0xB8}));
  EXPECT_EQ(ask(v6).marks.subnet, Subnet::v6);
  EXPECT_EQ(ask(v6).scope_bits, 0U) << "the same for everybody";
  dns::Message plain = dns::query_message("www.example.com", dns::type::kA);
  dns::append_opt(plain, {});
  EXPECT_EQ(ask(plain).marks.subnet, Subnet::none);
}

TEST_F(SummaryTest, WhatIsOverTheRateLimitSaysWhetherItWasAnswered) {
  const Summary slipped = ask("host.example.com", dns::type::kA, {.address = {}, .limit = Limit::truncate});
  EXPECT_EQ(slipped.marks.fate, Fate::slipped);
  EXPECT_TRUE(slipped.marks.is_truncated);
  EXPECT_EQ(slipped.type, dns::type::kA);
  EXPECT_GT(size_, 0U);
  EXPECT_EQ(ask("host.example.com", dns::type::kA, {.address = {}, .limit = Limit::drop}).marks.fate, Fate::limited);
  EXPECT_EQ(size_, 0U);
}

TEST_F(SummaryTest, WhatIsNoQueryIsMalformed) {
  EXPECT_EQ(ask(dns::Message(11)).marks.fate, Fate::malformed);
  EXPECT_EQ(size_, 0U);
  const Summary no_question = ask(dns::Message(12));
  EXPECT_EQ(no_question.marks.fate, Fate::answered);
  EXPECT_EQ(no_question.rcode, dns::Rcode::form_err);
  EXPECT_EQ(no_question.type, 0U);
}

}  // namespace
}  // namespace rhumb::answer
