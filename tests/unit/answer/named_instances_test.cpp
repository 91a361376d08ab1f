// Services whose instances are names: an alias, whose target depends on who asks.
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "answer/responder.hpp"
#include "dns/edns.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using health::State;
using steering::Outcome;
using steering::WhenAllDown;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
namespace type = dns::type;

constexpr std::string_view kZone = R"(
$TTL 300
@      SOA ns1 hostmaster 7 7200 900 1209600 60
       NS  ns1
ns1    A   192.0.2.53
www    A   192.0.2.1
       RRSIG A 8 3 300 20300101000000 20200101000000 1 example.com. AAAA
shop   CNAME www
local  A   192.0.2.77
       TXT "here"
other  CNAME local.example.net.
cut    NS  ns.cut
ns.cut A   192.0.2.54
)";

constexpr std::string_view kOtherZone = R"(
$TTL 600
@      SOA ns1 hostmaster 8 7200 900 1209600 70
       NS  ns1
ns1    A   192.0.2.63
local  AAAA 2001:db8::77
next   CNAME local
out    CNAME local.example.com.
d      DNAME e
x.e    A   192.0.2.78
)";

// Clients in 10.0.0.0/8 rank "west" first, those in 10.1.0.0/16 are like the others: "east" first. Those in 11.0.0.0/8
// are refused, in 12.0.0.0/8 kept out.
std::shared_ptr<const steering::RankingMap> make_ranking_map() {
  steering::Rankings rankings(2);
  const auto west_first = rankings.intern({{1, 0}, {0, 1}});
  geo::AddressMap<steering::RankingId> networks;
  networks.v4().append(0x0A000000, west_first);
  networks.v4().append(0x0A010000, 0);
  networks.v4().append(0x0A020000, west_first);
  networks.v4().append(0x0B000000, rankings.intern({}, steering::Action::refuse, 0));
  networks.v4().append(0x0C000000, rankings.intern({}, steering::Action::nodata, 1));
  networks.v4().append(0x0D000000, 0);
  return std::make_shared<steering::RankingMap>(std::move(rankings), networks);
}

constexpr std::initializer_list<std::uint8_t> kEast{192, 0, 2};
constexpr std::initializer_list<std::uint8_t> kWest{10, 200, 2};

class NamedInstances : public testing::Test {
 protected:
  NamedInstances()
      : board_(std::make_shared<health::Board>(4)),
        snapshot_{zone::Zones(
                      {make_zone("example.com", kZone,
                                 {{*dns::Name::from_text("www.example.com"), 0, "config", true},
                                  {*dns::Name::from_text("*.cdn.example.com"), 1, "config", true}}),
                       make_zone("example.net", kOtherZone, {{*dns::Name::from_text("svc.example.net"), 2, "config"}})},
                      42, {*dns::Name::from_text("broken.example")}),
                  {},
                  {},
                  board_},
        asker_(snapshot_) {
    lead_to({"lb.east.example.org", "lb.west.example.org"});
  }

  // Region "east" has the first name (target 0), "west" the second (target 1).
  void lead_to(const std::vector<const char*>& names, WhenAllDown when_all_down = WhenAllDown::nearest) {
    steering::ServiceSettings settings;
    settings.name = "www.example.com";
    settings.ttl_s = 30;
    settings.answers = 1;
    settings.when_all_down = when_all_down;
    settings.last_resort = last_resort_;
    settings.regions = {"east", "west"};
    settings.instances = {{0, {}, 0}, {1, {}, 1}};
    for (const char* name : names)
      settings.names.push_back(*dns::Name::from_text(name));
    snapshot_.services.clear();
    snapshot_.services.emplace_back(settings, make_ranking_map());
    snapshot_.services.emplace_back(settings, make_ranking_map());
    settings.names.clear();
    settings.name = "svc.example.net";
    settings.policy = steering::Policy::sticky;
    settings.instances = {{0, *IpAddress::parse("192.0.2.10"), 2}, {1, *IpAddress::parse("192.0.2.20"), 3}};
    snapshot_.services.emplace_back(settings, std::make_shared<steering::RankingMap>(steering::Rankings(2)));
  }
  void set_all(State state) {
    for (std::size_t i = 0; i < board_->size(); ++i)
      board_->write(i, state);
  }
  test::Response ask(std::string_view name, dns::Type of_type, std::initializer_list<std::uint8_t> network = kEast) {
    auto query = dns::query_message(name, of_type);
    dns::append_opt(query, dns::client_subnet_option(1, 24, network));
    return asker_.ask(query, {*IpAddress::parse("192.0.2.200")});
  }

  std::shared_ptr<health::Board> board_;
  std::vector<IpAddress> last_resort_;
  Snapshot snapshot_;
  Asker asker_;
};

TEST_F(NamedInstances, EveryTypeGetsTheCnameToThePickedTarget) {
  for (const dns::Type of_type : {type::kA, type::kAaaa, type::kTxt, type::kHttps, type::kMx, type::kNs, type::kSoa,
                                  type::kCname, type::kAny, type::kDs, type::kNsec, dns::Type{65'280}}) {
    SCOPED_TRACE(of_type);
    const auto response = ask("www.example.com", of_type);
    EXPECT_EQ(response.rcode, "NOERROR");
    EXPECT_TRUE(response.aa);
    EXPECT_THAT(response.answer, ElementsAre("www.example.com. 30 IN CNAME lb.east.example.org."));
    EXPECT_THAT(response.authority, IsEmpty()) << "the target is none of ours: the resolver asks on";
    EXPECT_EQ(response.scope_bits, 1);
  }
  EXPECT_THAT(ask("www.example.com", type::kA, kWest).answer,
              ElementsAre("www.example.com. 30 IN CNAME lb.west.example.org."));
}

TEST_F(NamedInstances, WhatMayStandBesideACnameIsTheZones) {
  EXPECT_THAT(ask("www.example.com", type::kRrsig).answer, ElementsAre(StartsWith("www.example.com. 300 IN RRSIG A ")));
}

TEST_F(NamedInstances, FollowTheStates) {
  board_->write(0, State::down);
  EXPECT_THAT(ask("www.example.com", type::kA).answer,
              ElementsAre("www.example.com. 30 IN CNAME lb.west.example.org."));
}

TEST_F(NamedInstances, AreReachedThroughAliasesAndWildcards) {
  EXPECT_THAT(ask("shop.example.com", type::kA).answer,
              ElementsAre("shop.example.com. 300 IN CNAME www.example.com.",
                          "www.example.com. 30 IN CNAME lb.east.example.org."));
  EXPECT_THAT(ask("a.b.cdn.example.com", type::kA).answer,
              ElementsAre("a.b.cdn.example.com. 30 IN CNAME lb.east.example.org."));
}

TEST_F(NamedInstances, ATargetInTheSameZoneIsFollowed) {
  lead_to({"local.example.com", "nothing.example.com"});
  EXPECT_THAT(ask("www.example.com", type::kA).answer,
              ElementsAre("www.example.com. 30 IN CNAME local.example.com.", "local.example.com. 300 IN A 192.0.2.77"));
  EXPECT_THAT(ask("www.example.com", type::kTxt).answer, SizeIs(2));
  EXPECT_THAT(ask("www.example.com", type::kAny).answer, SizeIs(1)) << "the CNAME alone";
  EXPECT_THAT(ask("www.example.com", type::kCname).answer, SizeIs(1));
  const auto none = ask("www.example.com", type::kAaaa);
  EXPECT_THAT(none.answer, SizeIs(1));
  EXPECT_THAT(none.authority, ElementsAre(StartsWith("example.com. 60 IN SOA ")));
  const auto missing = ask("www.example.com", type::kA, kWest);
  EXPECT_EQ(missing.rcode, "NXDOMAIN") << "RFC 6604: the rcode is that of the last name";
  EXPECT_THAT(missing.answer, SizeIs(1));
}

TEST_F(NamedInstances, ATargetInAnotherZoneHereIsFollowed) {
  lead_to({"next.example.net", "no.example.net"});
  const auto response = ask("www.example.com", type::kAaaa);
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 30 IN CNAME next.example.net.",
                                           "next.example.net. 600 IN CNAME local.example.net.",
                                           "local.example.net. 600 IN AAAA 2001:db8::77"));
  const auto none = ask("www.example.com", type::kA);
  EXPECT_THAT(none.authority, ElementsAre(StartsWith("example.net. 70 IN SOA ")));
  EXPECT_EQ(ask("www.example.com", type::kA, kWest).rcode, "NXDOMAIN");
  EXPECT_EQ(asker_.decision().zone->apex().to_text(), "example.com") << "that of the question";
}

TEST_F(NamedInstances, ACnameOfAZoneFileStaysInItsZoneAfterwardsToo) {
  lead_to({"out.example.net", "other.example.com"});
  EXPECT_THAT(ask("www.example.com", type::kA).answer, ElementsAre("www.example.com. 30 IN CNAME out.example.net.",
                                                                   "out.example.net. 600 IN CNAME local.example.com."));
  EXPECT_THAT(ask("www.example.com", type::kA, kWest).answer,
              ElementsAre("www.example.com. 30 IN CNAME other.example.com.",
                          "other.example.com. 300 IN CNAME local.example.net."));
}

TEST_F(NamedInstances, ADnameAndADelegationAtTheTargetAreTaken) {
  lead_to({"x.d.example.net", "host.cut.example.com"});
  EXPECT_THAT(ask("www.example.com", type::kA).answer,
              ElementsAre("www.example.com. 30 IN CNAME x.d.example.net.", "d.example.net. 600 IN DNAME e.example.net.",
                          "x.d.example.net. 600 IN CNAME x.e.example.net.", "x.e.example.net. 600 IN A 192.0.2.78"));
  const auto referral = ask("www.example.com", type::kA, kWest);
  EXPECT_TRUE(referral.aa) << "it speaks of the first name";
  EXPECT_THAT(referral.authority, ElementsAre("cut.example.com. 300 IN NS ns.cut.example.com."));
}

TEST_F(NamedInstances, ATargetInAZoneThatCouldNotBeLoadedIsLeftToTheResolver) {
  lead_to({"a.broken.example", "b.broken.example"});
  const auto response = ask("www.example.com", type::kA);
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_THAT(response.answer, SizeIs(1));
}

TEST_F(NamedInstances, ATargetThatIsAServiceIsSteeredToo) {
  lead_to({"svc.example.net", "svc.example.net"});
  const auto response = ask("www.example.com", type::kA);
  EXPECT_THAT(response.answer,
              ElementsAre("www.example.com. 30 IN CNAME svc.example.net.", "svc.example.net. 30 IN A 192.0.2.10"));
  EXPECT_EQ(response.scope_bits, 24) << "1 of the first, 24 that sticky hashes of the second";
  ASSERT_THAT(asker_.decision().steered, SizeIs(2));
  EXPECT_EQ(asker_.decision().steered[0].scope_bits, 1);
  EXPECT_EQ(asker_.decision().steered[1].service->settings().name, "svc.example.net");
  // The first may need the longer one.
  auto settings = snapshot_.services[2].settings();
  settings.policy = steering::Policy::rotate;
  snapshot_.services[2] = {settings, std::make_shared<steering::RankingMap>(steering::Rankings(2))};
  EXPECT_EQ(ask("www.example.com", type::kA, {10, 1, 2}).scope_bits, 16);
}

TEST_F(NamedInstances, AChainEndsWhereItBegan) {
  lead_to({"a.cdn.example.com", "shop.example.com"});
  // www → a.cdn → a.cdn
  EXPECT_THAT(ask("www.example.com", type::kA).answer,
              ElementsAre("www.example.com. 30 IN CNAME a.cdn.example.com.",
                          "a.cdn.example.com. 30 IN CNAME a.cdn.example.com."));
  // www → shop → www
  EXPECT_THAT(
      ask("www.example.com", type::kA, kWest).answer,
      ElementsAre("www.example.com. 30 IN CNAME shop.example.com.", "shop.example.com. 300 IN CNAME www.example.com."));
}

TEST_F(NamedInstances, WhoIsRefusedIsRefusedAndWhoIsKeptOutGetsNoData) {
  for (const dns::Type of_type : {type::kA, type::kTxt, type::kAny}) {
    const auto refused = ask("www.example.com", of_type, {11, 1, 2});
    EXPECT_EQ(refused.rcode, "REFUSED");
    EXPECT_THAT(refused.answer, IsEmpty());
    const auto kept_out = ask("www.example.com", of_type, {12, 1, 2});
    EXPECT_EQ(kept_out.rcode, "NOERROR");
    EXPECT_THAT(kept_out.answer, IsEmpty());
    EXPECT_THAT(kept_out.authority, SizeIs(1));
  }
}

TEST_F(NamedInstances, WithAllDownTheNearestIsStillGiven) {
  set_all(State::down);
  const auto response = ask("www.example.com", type::kA, kWest);
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 30 IN CNAME lb.west.example.org."));
  EXPECT_TRUE(response.options.contains(dns::option::kExtendedError));
}

TEST_F(NamedInstances, WithAllDownTheFallbackIsTheZonesOwnAddresses) {
  set_all(State::down);
  lead_to({"a.example.org", "b.example.org"}, WhenAllDown::fallback);
  EXPECT_THAT(ask("www.example.com", type::kA).answer, ElementsAre("www.example.com. 300 IN A 192.0.2.1"));
  EXPECT_THAT(ask("www.example.com", type::kAny).answer, ElementsAre("www.example.com. 300 IN A 192.0.2.1"));
  for (const dns::Type of_type : {type::kAaaa, type::kTxt, type::kCname}) {
    const auto none = ask("www.example.com", of_type);
    EXPECT_EQ(none.rcode, "NOERROR");
    EXPECT_THAT(none.answer, IsEmpty());
    EXPECT_THAT(none.authority, SizeIs(1));
  }
}

TEST_F(NamedInstances, WithAllDownThereMayBeNoData) {
  set_all(State::down);
  lead_to({"a.example.org", "b.example.org"}, WhenAllDown::nodata);
  EXPECT_THAT(ask("www.example.com", type::kA).answer, IsEmpty());
  EXPECT_THAT(ask("www.example.com", type::kA).authority, SizeIs(1));
}

TEST_F(NamedInstances, WithAllDownTheLastResortIsForAddressesOnly) {
  set_all(State::down);
  last_resort_ = {*IpAddress::parse("2001:db8::99"), *IpAddress::parse("2001:db8::98")};
  lead_to({"a.example.org", "b.example.org"}, WhenAllDown::last_resort);
  EXPECT_THAT(ask("www.example.com", type::kAaaa).answer,
              ElementsAre("www.example.com. 30 IN AAAA 2001:db8::99", "www.example.com. 30 IN AAAA 2001:db8::98"));
  for (const dns::Type of_type : {type::kA, type::kTxt, type::kCname, type::kAny})
    EXPECT_THAT(ask("www.example.com", of_type).answer, IsEmpty());
}

}  // namespace
}  // namespace rhumb::answer
