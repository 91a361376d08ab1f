// Answers at steered names: which records, which scope.
#include <gmock/gmock.h>

#include "answer/responder.hpp"
#include "dns/edns.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using health::State;
using steering::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
namespace type = dns::type;

constexpr std::string_view kSteeredZone = R"(
$TTL 300
@    SOA ns1 hostmaster 7 7200 900 1209600 60
     NS  ns1
ns1  A   192.0.2.53
www  A   192.0.2.1
     AAAA 2001:db8::1
     TXT "static"
shop CNAME www
old  DNAME new
www.new CNAME www
)";

// Clients in 10.0.0.0/8 rank "west" first, those in 2001:db8:8000::/33 too, all others "east".
std::shared_ptr<const steering::RankingMap> make_steered_map() {
  steering::Rankings rankings(2);
  const auto west_first = rankings.intern({{1, 0}, {0, 1}});
  geo::AddressMap<steering::RankingId> networks;
  networks.v4().append(0x0A000000, west_first);
  networks.v4().append(0x0B000000, 0);
  networks.v6().append(IpAddress::parse("2001:db8:8000::")->bits, west_first);
  networks.v6().append(IpAddress::parse("2001:db9::")->bits, 0);
  return std::make_shared<steering::RankingMap>(std::move(rankings), networks);
}

// Targets 0: east 192.0.2.10, 1: west 192.0.2.20, 2: west 192.0.2.21, 3: west 2001:db8::20.
steering::Service make_service(std::string name, steering::WhenAllDown when_all_down) {
  steering::ServiceSettings settings;
  settings.name = std::move(name);
  settings.ttl_s = 30;
  settings.when_all_down = when_all_down;
  settings.families_together = false;
  settings.regions = {"east", "west"};
  settings.instances = {{0, *IpAddress::parse("192.0.2.10"), 0},
                        {1, *IpAddress::parse("192.0.2.20"), 1},
                        {1, *IpAddress::parse("192.0.2.21"), 2},
                        {1, *IpAddress::parse("2001:db8::20"), 3}};
  return {std::move(settings), make_steered_map()};
}

dns::Message subnet_query(std::string_view name, dns::Type of_type, const dns::Message& subnet) {
  auto query = dns::query_message(name, of_type);
  dns::append_opt(query, subnet);
  return query;
}

Client client(std::string_view address) {
  return {*IpAddress::parse(address)};
}

class SteeredAnswerTest : public testing::Test {
 protected:
  explicit SteeredAnswerTest(steering::WhenAllDown when_all_down = steering::WhenAllDown::nearest)
      : board_(std::make_shared<health::Board>(4)),
        snapshot_{zone::Zones({make_zone("example.com", kSteeredZone,
                                         {{*dns::Name::from_text("www.example.com"), 0, "config"},
                                          {*dns::Name::from_text("*.cdn.example.com"), 1, "config"}})},
                              42),
                  {},
                  {},
                  board_},
        asker_(snapshot_) {
    snapshot_.services.push_back(make_service("www.example.com", when_all_down));
    snapshot_.services.push_back(make_service("*.cdn.example.com", when_all_down));
  }

  void set_all(State state) {
    for (std::size_t i = 0; i < board_->size(); ++i)
      board_->write(i, state);
  }

  std::shared_ptr<health::Board> board_;
  Snapshot snapshot_;
  Asker asker_;
};

TEST_F(SteeredAnswerTest, GoesByTheSourceAddressWithoutASubnet) {
  const auto near_east = asker_.ask("www.example.com", type::kA, client("192.0.2.200"));
  EXPECT_TRUE(near_east.aa);
  EXPECT_THAT(near_east.answer, ElementsAre("www.example.com. 30 IN A 192.0.2.10"));
  EXPECT_THAT(asker_.ask("www.example.com", type::kA, client("10.1.2.3")).answer,
              UnorderedElementsAre("www.example.com. 30 IN A 192.0.2.20", "www.example.com. 30 IN A 192.0.2.21"));
  EXPECT_FALSE(asker_.decision().steered.at(0).is_from_subnet);
}

TEST_F(SteeredAnswerTest, GoesByTheSubnetAndSaysItsScope) {
  const auto response = asker_.ask(
      subnet_query("www.example.com", type::kA, dns::client_subnet_option(1, 24, {10, 1, 2})), client("192.0.2.200"));
  EXPECT_THAT(response.answer, SizeIs(2));
  EXPECT_EQ(response.scope_bits, 8);
  const auto v6 = asker_.ask(
      subnet_query("www.example.com", type::kA, dns::client_subnet_option(2, 40, {0x20, 0x01, 0x0d, 0xb8, 0x80})));
  EXPECT_THAT(v6.answer, SizeIs(2));
  EXPECT_EQ(v6.scope_bits, 33);
}

TEST_F(SteeredAnswerTest, AnIpv4ClientInsideIpv6IsSteeredAsOne) {
  const auto response = asker_.ask("www.example.com", type::kA, client("64:ff9b::10.1.2.3"));
  EXPECT_THAT(response.answer, SizeIs(2));
  const auto subnet = asker_.ask(
      subnet_query("www.example.com", type::kA, dns::client_subnet_option(2, 56, {0x20, 0x02, 10, 1, 2, 3, 0})));
  EXPECT_THAT(subnet.answer, SizeIs(2));
  EXPECT_EQ(subnet.scope_bits, 16 + 8);
}

TEST_F(SteeredAnswerTest, AWithheldSubnetGoesByTheSourceAddressWithScopeZero) {
  const auto response =
      asker_.ask(subnet_query("www.example.com", type::kA, dns::client_subnet_option(1, 0, {})), client("10.1.2.3"));
  EXPECT_THAT(response.answer, SizeIs(2));
  EXPECT_EQ(response.scope_bits, 0);
}

// What can change in 12 s is not kept for longer, whichever of the instances asked about it is.
TEST_F(SteeredAnswerTest, TheTtlIsNoLongerThanTheStatesSurelyLast) {
  const auto ttl_of = [&] { return asker_.ask("www.example.com", type::kA, client("10.1.2.3")).answer.at(0); };
  board_->write(1, {State::up, kFullShare, 12});
  EXPECT_THAT(ttl_of(), testing::HasSubstr(" 12 IN A "));
  EXPECT_EQ(asker_.decision().steered.at(0).ttl_s, 12U);
  board_->write(2, {State::down, 0, 7});
  EXPECT_THAT(ttl_of(), testing::HasSubstr(" 7 IN A ")) << "it could be back by then";
  board_->write(0, {State::up, kFullShare, 1});
  EXPECT_THAT(ttl_of(), testing::HasSubstr(" 7 IN A ")) << "of a region that nobody asked about";
  board_->write(1, {State::up, kFullShare, 300});
  board_->write(2, {State::up, kFullShare, 300});
  EXPECT_THAT(ttl_of(), testing::HasSubstr(" 30 IN A ")) << "the service's own";
}

TEST_F(SteeredAnswerTest, TheTtlIsNotShorterThanTheLeast) {
  steering::ServiceSettings settings = snapshot_.services[0].settings();
  settings.ttl_min_s = 5;
  snapshot_.services[0] = steering::Service(settings, make_steered_map());
  board_->write(1, {State::up, kFullShare, 2});
  EXPECT_THAT(asker_.ask("www.example.com", type::kA, client("10.1.2.3")).answer.at(0), testing::HasSubstr(" 5 IN A "));
  EXPECT_EQ(asker_.decision().steered.at(0).ttl_s, 5U);
}

// Some of west's clients go east while its share is halved, and each answer is good for the hashed network alone.
TEST_F(SteeredAnswerTest, AShareNarrowsTheScopeToTheNetworkThatIsHashed) {
  for (std::size_t west = 1; west <= 3; ++west)
    board_->write(west, {State::up, kFullShare / 2, 0});
  int stayed = 0;
  for (std::uint8_t network = 0; network < 100; ++network) {
    const auto response =
        asker_.ask(subnet_query("www.example.com", type::kA, dns::client_subnet_option(1, 24, {10, 1, network})),
                   client("192.0.2.200"));
    EXPECT_EQ(response.scope_bits, 24);
    stayed += response.answer.size() == 2 ? 1 : 0;
  }
  EXPECT_GT(stayed, 30);
  EXPECT_LT(stayed, 70);
}

TEST_F(SteeredAnswerTest, EachFamilyTakesTheFirstRegionThatHasIt) {
  EXPECT_THAT(asker_.ask("www.example.com", type::kAaaa, client("192.0.2.200")).answer,
              ElementsAre("www.example.com. 30 IN AAAA 2001:db8::20"));
}

TEST_F(SteeredAnswerTest, OtherTypesComeFromTheZone) {
  const auto response = asker_.ask(subnet_query("www.example.com", 16, dns::client_subnet_option(1, 24, {10, 1, 2})));
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 300 IN TXT \"static\""));
  EXPECT_EQ(response.scope_bits, 0);
  EXPECT_EQ(asker_.ask("www.example.com", 15).rcode, "NOERROR");
}

TEST_F(SteeredAnswerTest, MovesWhenARegionGoesDown) {
  board_->write(1, State::down);
  EXPECT_THAT(asker_.ask("www.example.com", type::kA, client("10.1.2.3")).answer,
              ElementsAre("www.example.com. 30 IN A 192.0.2.21"));
  board_->write(2, State::down);
  const auto response =
      asker_.ask(subnet_query("www.example.com", type::kA, dns::client_subnet_option(1, 24, {10, 1, 2})));
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 30 IN A 192.0.2.10"));
  EXPECT_EQ(response.scope_bits, 8) << "the scope is the ranking's, whatever the states";
}

TEST_F(SteeredAnswerTest, IsReachedThroughAliases) {
  const auto response =
      asker_.ask(subnet_query("shop.example.com", type::kA, dns::client_subnet_option(1, 24, {10, 1, 2})));
  EXPECT_THAT(response.answer, SizeIs(3));
  EXPECT_EQ(response.answer[0], "shop.example.com. 300 IN CNAME www.example.com.");
  EXPECT_THAT(response.answer[1], testing::StartsWith("www.example.com. 30 IN A 192.0.2.2"));
  EXPECT_EQ(response.scope_bits, 8);
  EXPECT_THAT(asker_.ask("www.old.example.com", type::kA).answer, SizeIs(4));
}

TEST_F(SteeredAnswerTest, AWildcardServiceAnswersUnderTheNameAsked) {
  const auto response = asker_.ask("a.b.cdn.example.com", type::kA, client("192.0.2.200"));
  EXPECT_THAT(response.answer, ElementsAre("a.b.cdn.example.com. 30 IN A 192.0.2.10"));
  EXPECT_EQ(asker_.ask("a.b.cdn.example.com", 16).rcode, "NOERROR");
}

TEST_F(SteeredAnswerTest, AnyGetsOneFamily) {
  EXPECT_THAT(asker_.ask("www.example.com", type::kAny, client("192.0.2.200")).answer,
              ElementsAre("www.example.com. 30 IN A 192.0.2.10"));
}

TEST_F(SteeredAnswerTest, WithAllDownAnswersAsIfAllWereUp) {
  set_all(State::down);
  const auto response = asker_.ask("www.example.com", type::kA, client("10.1.2.3"));
  EXPECT_THAT(response.answer, SizeIs(2));
  EXPECT_EQ(asker_.decision().steered.at(0).pick.outcome, Outcome::all_down);
}

TEST_F(SteeredAnswerTest, TheTraceTellsTheDecision) {
  asker_.ask("shop.example.com", type::kA, client("10.1.2.3"));
  const Decision& decision = asker_.decision();
  ASSERT_THAT(decision.steps, SizeIs(2));
  EXPECT_EQ(decision.steps[1].name, dns::Name::from_text("www.example.com"));
  ASSERT_THAT(decision.steered, SizeIs(1));
  EXPECT_THAT(decision.steered.front().ranked.regions, ElementsAre(1, 0));
  EXPECT_EQ(decision.steered.front().pick.region, 1);
}

// RFC 8914 §4.23.
std::optional<int> extended_error(const test::Response& response) {
  const auto error = response.options.find(dns::option::kExtendedError);
  if (error == response.options.end()) return std::nullopt;
  return load_u16(error->second.data());
}

TEST_F(SteeredAnswerTest, SaysThatAllAreDownAndOnlyThen) {
  const auto ask = [&](std::string_view name, dns::Type of_type) {
    return asker_.ask(subnet_query(name, of_type, {}), client("10.1.2.3"));
  };
  EXPECT_EQ(extended_error(ask("www.example.com", type::kA)), std::nullopt);
  board_->write(1, State::down);
  board_->write(2, State::down);
  EXPECT_EQ(extended_error(ask("www.example.com", type::kA)), std::nullopt) << "another region is up";
  set_all(State::down);
  EXPECT_EQ(extended_error(ask("www.example.com", type::kA)), 22);
  EXPECT_EQ(extended_error(ask("shop.example.com", type::kA)), 22) << "through an alias";
  EXPECT_EQ(extended_error(ask("www.example.com", 16)), std::nullopt) << "not of what is not steered";
  EXPECT_FALSE(asker_.ask("www.example.com", type::kA).has_edns) << "whoever does not speak EDNS is not told";
}

class FallbackTest : public SteeredAnswerTest {
 protected:
  FallbackTest() : SteeredAnswerTest(steering::WhenAllDown::fallback) {}
};

TEST_F(FallbackTest, WithAllDownTheZonesOwnRecordsAnswer) {
  set_all(State::down);
  const auto response = asker_.ask(subnet_query("www.example.com", type::kA, {}));
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 300 IN A 192.0.2.1"));
  EXPECT_EQ(extended_error(response), 22);
  EXPECT_THAT(asker_.ask("www.example.com", type::kAaaa).answer,
              ElementsAre("www.example.com. 300 IN AAAA 2001:db8::1"));
  const auto none = asker_.ask("x.cdn.example.com", type::kA);
  EXPECT_EQ(none.rcode, "NOERROR");
  EXPECT_THAT(none.authority, SizeIs(1)) << "the zone has none: no data";
}

class NodataTest : public SteeredAnswerTest {
 protected:
  NodataTest() : SteeredAnswerTest(steering::WhenAllDown::nodata) {}
};

TEST_F(NodataTest, WithAllDownThereIsNoData) {
  set_all(State::down);
  const auto response = asker_.ask(subnet_query("www.example.com", type::kA, {}));
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_EQ(extended_error(response), 22);
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_THAT(response.authority, SizeIs(1));
}

class LastResortTest : public SteeredAnswerTest {
 protected:
  LastResortTest() : SteeredAnswerTest(steering::WhenAllDown::last_resort) {
    auto settings = snapshot_.services[0].settings();
    settings.last_resort = {*IpAddress::parse("198.51.100.2"), *IpAddress::parse("198.51.100.1")};
    snapshot_.services[0] = steering::Service(settings, make_steered_map());
    set_all(State::down);
  }
};

TEST_F(LastResortTest, WithAllDownTheAddressesThatAreKeptForThatAnswer) {
  const auto response =
      asker_.ask(subnet_query("shop.example.com", type::kA, dns::client_subnet_option(1, 24, {10, 1, 2})));
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.answer,
              ElementsAre("shop.example.com. 300 IN CNAME www.example.com.", "www.example.com. 30 IN A 198.51.100.2",
                          "www.example.com. 30 IN A 198.51.100.1"))
      << "in their order, under the name that they are for";
  EXPECT_EQ(extended_error(response), 22);
  EXPECT_EQ(response.scope_bits, 8) << "states change, scopes do not";
}

TEST_F(LastResortTest, AFamilyThatItHasNotGetsNoData) {
  const auto response = asker_.ask(subnet_query("www.example.com", type::kAaaa, {}));
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_THAT(response.authority, SizeIs(1));
  EXPECT_EQ(extended_error(response), 22);
  EXPECT_EQ(asker_.decision().steered.at(0).pick.outcome, Outcome::last_resort);
}

TEST_F(LastResortTest, IsNotUsedWhileAnInstanceIsHealthy) {
  board_->write(0, State::up);
  EXPECT_THAT(asker_.ask("www.example.com", type::kA, client("10.1.2.3")).answer,
              ElementsAre("www.example.com. 30 IN A 192.0.2.10"));
}

// www: clients in 10.0.0.0/8 are refused, those in 11.0.0.0/8 get no addresses, the others are steered.
class GeofenceTest : public SteeredAnswerTest {
 protected:
  GeofenceTest() {
    steering::Rankings rankings(2);
    geo::AddressMap<steering::RankingId> networks;
    networks.v4().append(0x0A000000, rankings.intern({}, steering::Action::refuse, 0));
    networks.v4().append(0x0B000000, rankings.intern({}, steering::Action::nodata, 1));
    networks.v4().append(0x0C000000, 0);
    const auto map = std::make_shared<steering::RankingMap>(std::move(rankings), networks);
    auto settings = snapshot_.services[0].settings();
    settings.policy = steering::Policy::sticky;
    snapshot_.services[0] = steering::Service(settings, map);
  }

  test::Response ask_for(std::uint8_t first_octet, dns::Type of_type = type::kA) {
    return asker_.ask(subnet_query("www.example.com", of_type, dns::client_subnet_option(1, 24, {first_octet, 1, 2})));
  }
};

TEST_F(GeofenceTest, RefusesAndSaysThatItIsProhibited) {
  const auto response = ask_for(10);
  EXPECT_EQ(response.rcode, "REFUSED");
  EXPECT_FALSE(response.aa);
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_THAT(response.authority, IsEmpty());
  EXPECT_EQ(extended_error(response), 18);
  EXPECT_EQ(response.scope_bits, 8) << "a refusal is for the refused alone";
}

TEST_F(GeofenceTest, GivesNoDataAndSaysThatItIsFiltered) {
  const auto response = ask_for(11);
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_THAT(response.authority, SizeIs(1));
  EXPECT_EQ(extended_error(response), 17);
  EXPECT_EQ(response.scope_bits, 8);
}

TEST_F(GeofenceTest, AnswersTheOthersWithTheScopeThatIsHashed) {
  const auto response = ask_for(192);
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_FALSE(response.answer.empty());
  EXPECT_EQ(extended_error(response), std::nullopt);
  EXPECT_EQ(response.scope_bits, 24);
}

class FallbackTtlTest : public SteeredAnswerTest {
 protected:
  explicit FallbackTtlTest(steering::WhenAllDown when_all_down = steering::WhenAllDown::fallback)
      : SteeredAnswerTest(when_all_down) {}
};

TEST_F(FallbackTtlTest, WhatStandsInForAllThatAreDownIsKeptNoLongerThanTheyAre) {
  for (std::size_t i = 0; i < board_->size(); ++i)
    board_->write(i, {State::down, 0, 9});
  EXPECT_THAT(asker_.ask("www.example.com", type::kA, client("192.0.2.200")).answer,
              ElementsAre("www.example.com. 9 IN A 192.0.2.1"));
}

class NodataTtlTest : public FallbackTtlTest {
 protected:
  NodataTtlTest() : FallbackTtlTest(steering::WhenAllDown::nodata) {}
};

TEST_F(NodataTtlTest, NorIsThatThereIsNothing) {
  for (std::size_t i = 0; i < board_->size(); ++i)
    board_->write(i, {State::down, 0, 9});
  const auto response = asker_.ask("www.example.com", type::kA, client("192.0.2.200"));
  EXPECT_THAT(response.authority, ElementsAre(testing::HasSubstr("example.com. 9 IN SOA ")));
}

}  // namespace
}  // namespace rhumb::answer
