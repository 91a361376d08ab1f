// What clients get from the running server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/loopback.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using dns::type::kA;
using dns::type::kAaaa;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// The number of TXT, of which dns::type has no name.
constexpr dns::Type kTxt = 16;

TEST(Answers, AStaticNameIsServedAsWritten) {
  World world;
  world.serve();
  const Response response = world.ask({.name = "static.example.com"});
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.answer, ElementsAre("static.example.com. 3600 IN A 192.0.2.80"));
  EXPECT_FALSE(response.has_edns) << "nobody asked for it";
}

TEST(Answers, ANameThatDoesNotExistIsNxDomainWithTheSoa) {
  World world;
  world.serve();
  const Response response = world.ask({.name = "nowhere.example.com"});
  EXPECT_EQ(response.rcode, "NXDOMAIN");
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_THAT(response.authority, ElementsAre(testing::HasSubstr("IN SOA ns1.example.com.")));
}

TEST(Answers, ANameOfNoZoneIsRefused) {
  World world;
  world.serve();
  EXPECT_EQ(world.ask({.name = "www.example.net"}).rcode, "REFUSED");
}

TEST(Answers, EachClientIsSentToItsNearestRegionAndTheScopeIsItsNetwork) {
  World world;
  world.serve();
  struct Case {
    const char* client;
    const char* address;
    int scope_bits;  // of the network in the database: its neighbours are in none
  };
  for (const Case& expected : {Case{"192.0.2.77/32", kUsEast, 24}, Case{"203.0.113.0/24", kEuWest, 24},
                               Case{"198.51.100.0/24", kApSoutheast, 25}, Case{"81.2.69.160/32", kEuWest, 24}}) {
    SCOPED_TRACE(expected.client);
    const Response response = world.ask({.name = "www.example.com", .client = expected.client});
    EXPECT_THAT(response.answer, ElementsAre(std::string("www.example.com. 30 IN A ") + expected.address));
    EXPECT_EQ(response.scope_bits, expected.scope_bits);
    EXPECT_TRUE(response.aa);
  }
}

TEST(Answers, Ipv6ClientsAreSentToTheirNearestRegionToo) {
  World world;
  world.serve();
  const Response response = world.ask({.name = "www.example.com", .type = kAaaa, .client = "2001:db8:4::/48"});
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 30 IN AAAA 2001:db8::20"));
  EXPECT_EQ(response.scope_bits, 48);
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = "2001:db8:2::/48"}), ElementsAre(kUsEast));
}

TEST(Answers, WhatDoesNotDependOnTheClientHasScopeZero) {
  World world;
  world.serve();
  for (const char* name : {"static.example.com", "nowhere.example.com"}) {
    EXPECT_EQ(world.ask({.name = name, .client = kParis}).scope_bits, 0) << name;
  }
}

TEST(Answers, WithoutClientSubnetInTheQueryThereIsNoneInTheAnswer) {
  World world;
  world.serve();
  auto query = dns::query_message("www.example.com", kA);
  dns::append_opt(query, {});
  const auto response = UdpClient(world.server()).ask(query);
  ASSERT_TRUE(response);
  EXPECT_TRUE(parse_response(*response).has_edns);
  EXPECT_EQ(parse_response(*response).scope_bits, std::nullopt);
}

TEST(Answers, WithoutClientSubnetTheSourceAddressDecides) {
  World world;
  world.use_database("loopback.mmdb");
  world.serve();
  const auto address_for = [&](const char* source) {
    const UdpClient client(world.server(), IpAddress::parse(source));
    const auto response = client.ask(dns::query_message("www.example.com", kA));
    return response ? data_of(parse_response(*response).answer) : std::vector<std::string>{};
  };
  EXPECT_THAT(address_for("127.2.0.1"), ElementsAre(kEuWest));
  EXPECT_THAT(address_for("127.1.0.1"), ElementsAre(kApSoutheast));
}

TEST(Answers, ASourcePrefixLengthOfZeroLeavesItToTheSourceAddress) {
  World world;
  world.use_database("loopback.mmdb");
  world.serve();
  const UdpClient client(world.server(), IpAddress::parse("127.2.0.1"));
  const auto response = client.ask(to_query({.name = "www.example.com", .client = "0.0.0.0/0"}));
  ASSERT_TRUE(response);
  EXPECT_THAT(data_of(parse_response(*response).answer), ElementsAre(kEuWest));
  EXPECT_EQ(parse_response(*response).scope_bits, 0);
}

TEST(Answers, TcpGivesTheSameAnswersAsUdp) {
  World world;
  world.serve();
  for (const Question& question :
       {Question{"www.example.com", kA, kParis}, Question{"static.example.com"}, Question{"nowhere.example.com"}}) {
    SCOPED_TRACE(question.name);
    const Response over_udp = world.ask(question);
    const Response over_tcp = world.ask_over_tcp(question);
    EXPECT_EQ(over_tcp.rcode, over_udp.rcode);
    EXPECT_EQ(over_tcp.answer, over_udp.answer);
    EXPECT_EQ(over_tcp.authority, over_udp.authority);
    EXPECT_EQ(over_tcp.scope_bits, over_udp.scope_bits);
  }
}

TEST(Answers, WhatDoesNotFitOverUdpIsTruncatedAndWholeOverTcp) {
  World world;
  std::string zone(kZoneText);
  for (int i = 0; i < 60; ++i)
    zone += "big TXT \"" + std::string(40, 'x') + std::to_string(i) + "\"\n";
  world.write("zones/example.com.zone", zone);
  world.serve();
  const Response over_udp = world.ask({.name = "big.example.com", .type = kTxt});
  EXPECT_TRUE(over_udp.tc);
  EXPECT_LE(over_udp.size, 512U);
  const Response over_tcp = world.ask_over_tcp({.name = "big.example.com", .type = kTxt});
  EXPECT_FALSE(over_tcp.tc);
  EXPECT_THAT(over_tcp.answer, SizeIs(60));
}

TEST(Answers, ASteeredAnswerThatDoesNotFitIsTruncatedToo) {
  World world;
  auto& instances = world.config["services"]["www.example.com"]["instances"];
  for (int i = 1; i <= 100; ++i)
    instances.push_back({{"region", "eu-west"}, {"address", "198.18.0." + std::to_string(i)}});
  world.serve();
  EXPECT_TRUE(world.ask({.name = "www.example.com", .client = kParis}).tc);
  EXPECT_THAT(world.ask_over_tcp({.name = "www.example.com", .client = kParis}).answer, SizeIs(101));
}

TEST(Answers, AnswersOverIpv6) {
  World world;
  const auto address = *IpAddress::parse("::1");
  try {
    (void)free_port({address});
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  world.serve(address);
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}), ElementsAre(kEuWest));
  EXPECT_THAT(data_of(world.ask_over_tcp({.name = "www.example.com", .client = kAshburn}).answer),
              ElementsAre(kUsEast));
}

TEST(Answers, AWildcardServiceSteersEveryNameBelowIt) {
  World world;
  world.config["services"]["*.cdn.example.com"] = world.config["services"]["www.example.com"];
  world.serve();
  const Response response = world.ask({.name = "a.b.cdn.example.com", .client = kParis});
  EXPECT_THAT(response.answer, ElementsAre(std::string("a.b.cdn.example.com. 30 IN A ") + kEuWest));
  EXPECT_EQ(response.scope_bits, 24);
  EXPECT_THAT(world.addresses({.name = "c.cdn.example.com", .client = kAshburn}), ElementsAre(kUsEast));
  EXPECT_THAT(world.addresses({.name = "x.apps.example.com", .client = kParis}), ElementsAre("192.0.2.90"))
      << "the zone's own wildcard is not steered";
}

TEST(Answers, AnAliasOfASteeredNameIsSteered) {
  World world;
  world.serve();
  const Response response = world.ask({.name = "shop.example.com", .client = kParis});
  EXPECT_THAT(response.answer, ElementsAre("shop.example.com. 3600 IN CNAME www.example.com.",
                                           std::string("www.example.com. 30 IN A ") + kEuWest));
  EXPECT_EQ(response.scope_bits, 24);
}

TEST(Answers, OtherTypesAtASteeredNameComeFromTheZone) {
  World world;
  world.serve();
  const Response response = world.ask({.name = "www.example.com", .type = kTxt, .client = kParis});
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 3600 IN TXT \"as written\""));
  EXPECT_EQ(response.scope_bits, 0);
}

TEST(Answers, ASteeredNameNeedsNothingInTheZone) {
  World world;
  world.config["services"]["api.example.com"] = world.config["services"]["www.example.com"];
  world.serve();
  EXPECT_THAT(world.addresses({.name = "api.example.com", .client = kParis}), ElementsAre(kEuWest));
  const Response none = world.ask({.name = "api.example.com", .type = kTxt});
  EXPECT_EQ(none.rcode, "NOERROR");
  EXPECT_THAT(none.answer, IsEmpty());
}

TEST(Answers, NamesBelowADelegationAreReferred) {
  World world;
  world.serve();
  const Response response = world.ask({.name = "x.lab.example.com"});
  EXPECT_FALSE(response.aa);
  EXPECT_THAT(response.authority, ElementsAre("lab.example.com. 3600 IN NS ns.lab.example.com."));
  EXPECT_THAT(response.additional, ElementsAre("ns.lab.example.com. 3600 IN A 192.0.2.99"));
}

TEST(Answers, AllInstancesOfTheRegionAreReturnedUnlessAnswersSaysFewer) {
  World world;
  world.config["services"]["www.example.com"]["instances"].push_back(
      {{"region", "eu-west"}, {"address", "192.0.2.21"}});
  world.config["services"]["one.example.com"] = world.config["services"]["www.example.com"];
  world.config["services"]["one.example.com"]["steering"]["answers"] = 1;
  world.serve();
  EXPECT_THAT(world.addresses({.name = "www.example.com", .client = kParis}),
              UnorderedElementsAre(kEuWest, "192.0.2.21"));
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto addresses = world.addresses({.name = "one.example.com", .client = kParis});
    ASSERT_THAT(addresses, SizeIs(1));
    seen.insert(addresses[0]);
  }
  EXPECT_THAT(seen, UnorderedElementsAre(kEuWest, "192.0.2.21")) << "each in turn";
}

}  // namespace
}  // namespace rhumb::test
