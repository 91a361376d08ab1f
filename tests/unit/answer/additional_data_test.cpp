// Additional data, and the compression pointers of whole messages.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "answer/responder.hpp"
#include "support/compression.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
namespace type = dns::type;

// A zone from text, a service at geo.example.com, and every response checked for its pointers.
class Answering {
 public:
  explicit Answering(const std::string& records)
      : snapshot_{zone::Zones({make_zone("example.com", kStart + records,
                                         {{*dns::Name::from_text("geo.example.com"), 0, "config"}})},
                              42),
                  {},
                  {},
                  std::make_shared<health::Board>(1)},
        asker_(snapshot_) {
    steering::ServiceSettings settings;
    settings.name = "geo.example.com";
    settings.ttl_s = 30;
    settings.regions = {"east"};
    settings.instances = {{0, *IpAddress::parse("192.0.2.10"), 0}};
    snapshot_.services.emplace_back(std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(1)));
  }

  test::Response ask(const dns::Message& query, Client client = {}) {
    octets_ = asker_.ask_raw(query, client);
    test::CompressionCheck check(octets_);
    check.run();
    pointers_ = check.pointers();
    return test::parse_response(octets_);
  }
  test::Response ask(std::string_view name, dns::Type of_type, Client client = {}) {
    return ask(dns::query_message(name, of_type), client);
  }

  // Of the last response.
  [[nodiscard]] const dns::Message& octets() const { return octets_; }
  [[nodiscard]] int pointers() const { return pointers_; }

 private:
  static constexpr auto kStart =
      "$TTL 300\n"
      "@ SOA ns1 hostmaster 7 7200 900 1209600 300\n"
      "@ NS ns1\n"
      "ns1 A 192.0.2.53\n";

  Snapshot snapshot_;
  Asker asker_;
  dns::Message octets_;
  int pointers_ = 0;
};

const Client kTcp{IpAddress::v4(1), Transport::tcp};

// ---- Which addresses are told

// RFC 1035 §3.3.9.
TEST(AdditionalData, HasTheAddressesOfMailHostsInTheirOrder) {
  Answering zone(
      "@ MX 10 mail\n"
      "@ MX 20 backup.mail\n"
      "@ MX 30 mail.example.org.\n"
      "@ MX 40 nobody\n"
      "mail A 192.0.2.25\n"
      "mail A 192.0.2.26\n"
      "mail AAAA 2001:db8::25\n"
      "mail TXT \"not this\"\n"
      "backup.mail AAAA 2001:db8::26\n");
  const auto response = zone.ask("example.com", type::kMx);
  EXPECT_THAT(
      response.answer,
      ElementsAre("example.com. 300 IN MX 10 mail.example.com.", "example.com. 300 IN MX 20 backup.mail.example.com.",
                  "example.com. 300 IN MX 30 mail.example.org.", "example.com. 300 IN MX 40 nobody.example.com."));
  EXPECT_THAT(
      response.additional,
      ElementsAre("mail.example.com. 300 IN A 192.0.2.25", "mail.example.com. 300 IN A 192.0.2.26",
                  "mail.example.com. 300 IN AAAA 2001:db8::25", "backup.mail.example.com. 300 IN AAAA 2001:db8::26"));
  EXPECT_TRUE(response.aa);
}

TEST(AdditionalData, HasTheAddressesOfServices) {
  Answering zone(
      "_sip._tcp SRV 0 0 5060 sip\n"
      "sip A 192.0.2.60\n");
  EXPECT_THAT(zone.ask("_sip._tcp.example.com", type::kSrv).additional,
              ElementsAre("sip.example.com. 300 IN A 192.0.2.60"));
  EXPECT_EQ(zone.pointers(), 2) << "the two owners: SRV's rdata is not compressed (RFC 2782)";
}

TEST(AdditionalData, HasTheAddressesOfNameServersAndGlueToo) {
  Answering zone(
      "@ NS ns.lab\n"
      "lab NS ns.lab\n"
      "ns.lab A 192.0.2.100\n");
  const auto response = zone.ask("example.com", type::kNs);
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.answer, SizeIs(2));
  EXPECT_THAT(response.additional,
              ElementsAre("ns1.example.com. 300 IN A 192.0.2.53", "ns.lab.example.com. 300 IN A 192.0.2.100"));
}

TEST(AdditionalData, IsNotGlueForOtherTypes) {
  Answering zone(
      "@ MX 10 ns.lab\n"
      "lab NS ns.lab\n"
      "ns.lab A 192.0.2.100\n");
  EXPECT_THAT(zone.ask("example.com", type::kMx).additional, IsEmpty());
}

TEST(AdditionalData, IsNotWhatLiesBelowADname) {
  Answering zone(
      "@ MX 10 mail.old\n"
      "old DNAME new\n"
      "mail.old A 192.0.2.1\n");
  EXPECT_THAT(zone.ask("example.com", type::kMx).additional, IsEmpty());
}

// RFC 9460 §2.5.2 and §4.1.
TEST(AdditionalData, OfAServiceBindingIsItsTargetsOrItsOwners) {
  Answering zone(
      "self SVCB 1 .\n"
      "self A 192.0.2.1\n"
      "other HTTPS 1 self\n"
      "alias HTTPS 0 self\n"
      "nobody HTTPS 0 .\n"
      "nobody A 192.0.2.2\n"
      "*.wild SVCB 1 .\n"
      "*.wild A 192.0.2.3\n");
  EXPECT_THAT(zone.ask("self.example.com", type::kSvcb).additional,
              ElementsAre("self.example.com. 300 IN A 192.0.2.1"));
  EXPECT_THAT(zone.ask("SELF.example.com", type::kSvcb).additional, ElementsAre("SELF.example.com. 300 IN A 192.0.2.1"))
      << "a pointer to the question";
  EXPECT_THAT(zone.ask("other.example.com", type::kHttps).additional,
              ElementsAre("self.example.com. 300 IN A 192.0.2.1"));
  EXPECT_THAT(zone.ask("alias.example.com", type::kHttps).additional,
              ElementsAre("self.example.com. 300 IN A 192.0.2.1"));
  EXPECT_THAT(zone.ask("nobody.example.com", type::kHttps).additional, IsEmpty()) << "AliasMode: there is no service";
  EXPECT_THAT(zone.ask("x.wild.example.com", type::kSvcb).additional,
              ElementsAre("x.wild.example.com. 300 IN A 192.0.2.3"));
}

TEST(AdditionalData, ComesWithTheEndOfAChain) {
  Answering zone(
      "post CNAME www.post\n"
      "www.post MX 10 mail.www.post\n"
      "mail.www.post A 192.0.2.25\n"
      "self CNAME bound\n"
      "bound SVCB 1 .\n"
      "bound A 192.0.2.1\n");
  EXPECT_THAT(zone.ask("post.example.com", type::kMx).additional,
              ElementsAre("mail.www.post.example.com. 300 IN A 192.0.2.25"));
  EXPECT_THAT(zone.ask("self.example.com", type::kSvcb).additional,
              ElementsAre("bound.example.com. 300 IN A 192.0.2.1"))
      << "the owner is where the chain ended, not the question";
}

// RFC 7871 §7.4: what depends on the client is not additional data.
TEST(AdditionalData, IsNeverASteeredHosts) {
  Answering zone("@ MX 10 geo\ngeo A 192.0.2.99\n");
  EXPECT_THAT(zone.ask("example.com", type::kMx).additional, IsEmpty());
  EXPECT_THAT(zone.ask("geo.example.com", type::kA).answer, ElementsAre("geo.example.com. 30 IN A 192.0.2.10"));
}

TEST(AdditionalData, OfAWildcardsNamesIsUnderTheirOwnNames) {
  Answering zone(
      "*.wild MX 10 mail.wild\n"
      "*.wild MX 20 wild\n"
      "*.wild MX 30 other.wild.example.org.\n"
      "mail.wild A 192.0.2.25\n"
      "wild A 192.0.2.26\n");
  for (const auto* name : {"a.wild.example.com", "a.b.c.wild.example.com", "A-very-long-label.WILD.Example.com"}) {
    const auto response = zone.ask(name, type::kMx);
    ASSERT_THAT(response.answer, SizeIs(3)) << name;
    EXPECT_THAT(response.answer[0], testing::StrCaseEq(fmt::format("{}. 300 IN MX 10 mail.wild.example.com.", name)));
    EXPECT_THAT(response.answer[1], testing::StrCaseEq(fmt::format("{}. 300 IN MX 20 wild.example.com.", name)));
    EXPECT_EQ(response.answer[2], fmt::format("{}. 300 IN MX 30 other.wild.example.org.", name));
    ASSERT_THAT(response.additional, SizeIs(2)) << name;
    EXPECT_THAT(response.additional[0], testing::StrCaseEq("mail.wild.example.com. 300 IN A 192.0.2.25"));
    EXPECT_THAT(response.additional[1], testing::StrCaseEq("wild.example.com. 300 IN A 192.0.2.26"));
  }
}

// ---- What does not fit

// RFC 2181 §9.
TEST(AdditionalData, NeverTruncates) {
  std::string records;
  for (int host = 0; host < 20; ++host) {
    records += fmt::format("@ MX 10 mail{0:02}\nmail{0:02} A 192.0.2.{0}\n", host);
    for (int i = 0; i < 3; ++i)
      records += fmt::format("mail{:02} AAAA 2001:db8::{}\n", host, i);
  }
  Answering zone(records);
  const auto response = zone.ask("example.com", type::kMx);
  EXPECT_FALSE(response.tc);
  EXPECT_THAT(response.answer, SizeIs(20));
  EXPECT_THAT(response.additional, testing::Not(IsEmpty()));
  EXPECT_LE(response.size, dns::kUdpPayloadMin);
  EXPECT_GT(response.size + 3 * 28, dns::kUdpPayloadMin) << "the next RRset would not have fitted";
  EXPECT_EQ((response.additional.size() - 1) % 4, 0U) << "no RRset is cut: an A, then three AAAA, and so on";
  EXPECT_THAT(zone.ask("example.com", type::kMx, kTcp).additional, SizeIs(80));
}

TEST(AdditionalData, IsNotThereWhenTheAnswerIsTruncated) {
  std::string records = "mail A 192.0.2.25\n";
  for (int host = 0; host < 40; ++host)
    records += fmt::format("@ MX {} mail\n@ MX {} a-longer-name.example.org.\n", host, host);
  const auto response = Answering(records).ask("example.com", type::kMx);
  EXPECT_TRUE(response.tc);
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_THAT(response.additional, IsEmpty());
}

// RFC 9471 §3.1, §3.2.
TEST(Referral, TruncatesForGlueInItsDomainAndNotForItsSiblings) {
  std::string own = "lab NS ns.lab\n";
  std::string siblings = "lab NS ns.shop\nshop NS ns.shop\n";
  for (int i = 0; i < 20; ++i) {
    own += fmt::format("ns.lab AAAA 2001:db8::{}\n", i);
    siblings += fmt::format("ns.shop AAAA 2001:db8::{}\n", i);
  }
  const auto in_domain = Answering(own).ask("a.lab.example.com", type::kA);
  EXPECT_TRUE(in_domain.tc);
  EXPECT_THAT(in_domain.authority, SizeIs(1));

  const auto sibling = Answering(siblings).ask("a.lab.example.com", type::kA);
  EXPECT_FALSE(sibling.tc);
  EXPECT_THAT(sibling.authority, SizeIs(1));
  EXPECT_THAT(sibling.additional, IsEmpty());

  // The sibling's comes first and does not fit, the domain's own does.
  Answering both("lab NS ns.shop\nlab NS ns.lab\nns.lab A 192.0.2.100\n" + siblings.substr(siblings.find("shop NS")));
  const auto response = both.ask("a.lab.example.com", type::kA);
  EXPECT_FALSE(response.tc);
  EXPECT_THAT(response.additional, ElementsAre("ns.lab.example.com. 300 IN A 192.0.2.100"));
}

// ---- Pointers

TEST(Compression, NamesInRdataPointIntoTheQuestionAndEachOther) {
  Answering zone(
      "mx MX 10 mail.mx\n"
      "mx MX 20 backup.mail.mx\n");
  ASSERT_THAT(zone.ask("mx.example.com", type::kMx).answer, SizeIs(2));
  EXPECT_EQ(zone.octets().size(), 12U + 20 + (12 + 2 + 5 + 2) + (12 + 2 + 7 + 2));
}

TEST(Compression, KeepsTheFilesCaseUnlessTheNameEndsLikeTheQuestion) {
  Answering zone("mx MX 10 Mail.Example.ORG.\nmx MX 20 MAIL.mx\n");
  EXPECT_THAT(zone.ask("Mx.eXample.com", type::kMx).answer,
              ElementsAre("Mx.eXample.com. 300 IN MX 10 Mail.Example.ORG.",
                          "Mx.eXample.com. 300 IN MX 20 MAIL.Mx.eXample.com."));
}

TEST(Compression, OfTheSoaIsRightWhereverItsOwnerStands) {
  Answering zone("gone CNAME no.such.thing\nfar.away.gone CNAME gone\nold DNAME new\n");
  constexpr auto kSoa = "example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 300";
  for (const auto* name : {"example.com", "nope.example.com", "a.b.c.d.example.com", "gone.example.com",
                           "far.away.gone.example.com", "x.old.example.com", "x.y.old.example.com"}) {
    const auto response = zone.ask(name, type::kA);
    EXPECT_THAT(response.authority, ElementsAre(kSoa)) << name;
  }
  // 20 octets of numbers, "ns1" and "hostmaster" with a pointer each, the owner a pointer.
  ASSERT_THAT(zone.ask("gone.example.com", type::kA).answer, SizeIs(1));
  EXPECT_EQ(zone.octets().size(), 12U + 22 + (12 + 3 + 5 + 6 + 2) + (12 + 4 + 2 + 11 + 2 + 20))
      << "the SOA's owner is a pointer into the alias's target";
}

// ---- Chains

struct Chain {
  std::string zone;
  std::vector<std::string> expected;  // the answer for n0.example.com
};

// `length` aliases, by turns a CNAME, one from a wildcard, and one from a DNAME, and then an address.
Chain make_chain(int length) {
  Chain chain;
  std::string name = "n0";
  for (int i = 0; i < length; ++i) {
    std::string target = "end.of.it";
    const bool is_last = i + 1 == length;
    if (i % 3 == 0) {
      if (!is_last) target = fmt::format("x.w{}", i + 1);
      chain.zone += fmt::format("{} CNAME {}\n", name, target);
    } else if (i % 3 == 1) {
      if (!is_last) target = fmt::format("x.y.d{}", i + 1);
      chain.zone += fmt::format("*.w{} CNAME {}\n", i, target);
    } else {
      target = fmt::format("x.y.e{}", i);
      chain.zone += fmt::format("d{0} DNAME e{0}\n", i);
      chain.expected.push_back(fmt::format("d{0}.example.com. 300 IN DNAME e{0}.example.com.", i));
    }
    chain.expected.push_back(fmt::format("{}.example.com. 300 IN CNAME {}.example.com.", name, target));
    name = target;
  }
  chain.zone += name + " A 192.0.2.1\n";
  chain.expected.push_back(name + ".example.com. 300 IN A 192.0.2.1");
  return chain;
}

TEST(Chain, OfEveryLengthHasItsNamesRight) {
  for (int length = 1; length < kChainMax; ++length) {
    const Chain chain = make_chain(length);
    const auto response = Answering(chain.zone).ask("n0.example.com", type::kA, kTcp);
    EXPECT_EQ(response.rcode, "NOERROR");
    EXPECT_THAT(response.answer, testing::ElementsAreArray(chain.expected)) << length;
  }
}

TEST(Chain, EndsAtItsLimit) {
  for (const int length : {kChainMax, kChainMax + 1, kChainMax + 5}) {
    const Chain chain = make_chain(length);
    const auto response = Answering(chain.zone).ask("n0.example.com", type::kA, kTcp);
    EXPECT_EQ(response.rcode, "NOERROR");
    EXPECT_TRUE(response.aa);
    EXPECT_EQ(
        std::ranges::count_if(response.answer,
                              [](const std::string& record) { return record.find(" CNAME ") != std::string::npos; }),
        kChainMax);
    EXPECT_TRUE(std::equal(response.answer.begin(), response.answer.end(), chain.expected.begin())) << length;
    EXPECT_THAT(response.authority, IsEmpty());
  }
}

TEST(Chain, TakesNoMoreRoomForANameThanItsNewLabels) {
  Answering zone("a.b.c CNAME d.b.c\nd.b.c CNAME e.d.b.c\ne.d.b.c A 192.0.2.1\n");
  ASSERT_THAT(zone.ask("a.b.c.example.com", type::kA).answer, SizeIs(3));
  EXPECT_EQ(zone.octets().size(), 12U + 19 + 4 + (12 + 2 + 2) + (12 + 2 + 2) + 16);
}

// ---- Past the reach of pointers

// More than 16,384 octets: names at the end of the message cannot be pointed to.
TEST(LongMessage, HasAllNamesWhereNoPointerReaches) {
  constexpr int kHosts = 1'200;
  std::string records;
  std::vector<std::string> mx;
  std::vector<std::string> addresses;
  for (int i = 0; i < kHosts; ++i) {
    records +=
        fmt::format("many MX 10 mail{0}.at.some.place\nmail{0}.at.some.place A 10.0.{1}.{2}\n", i, i / 256, i % 256);
    mx.push_back(fmt::format("many.example.com. 300 IN MX 10 mail{}.at.some.place.example.com.", i));
    addresses.push_back(fmt::format("mail{}.at.some.place.example.com. 300 IN A 10.0.{}.{}", i, i / 256, i % 256));
  }
  Answering zone(records);
  const auto response = zone.ask("many.example.com", type::kMx, kTcp);
  EXPECT_FALSE(response.tc);
  EXPECT_GT(response.size, 2 * dns::kPointerMax);
  EXPECT_EQ(response.answer, mx);
  ASSERT_LE(response.additional.size(), addresses.size());
  EXPECT_TRUE(std::equal(response.additional.begin(), response.additional.end(), addresses.begin()));
  EXPECT_THAT(response.additional, testing::Not(IsEmpty()));
}

TEST(LongMessage, HasGlueWhereNoPointerReaches) {
  std::string records;
  std::vector<std::string> glue;
  for (int i = 0; i < 560; ++i) {
    records += fmt::format("lab NS ns{0:03}-at-some-place.lab\nns{0:03}-at-some-place.lab A 10.0.{1}.{2}\n", i, i / 256,
                           i % 256);
    glue.push_back(fmt::format("ns{:03}-at-some-place.lab.example.com. 300 IN A 10.0.{}.{}", i, i / 256, i % 256));
  }
  const auto response = Answering(records).ask("www.lab.example.com", type::kA, kTcp);
  EXPECT_FALSE(response.tc);
  EXPECT_THAT(response.authority, SizeIs(glue.size()));
  EXPECT_EQ(response.additional, glue);
}

// A chain before it, so that the names that the records point into are not the question's.
TEST(LongMessage, IsRightBehindAChain) {
  std::string records = "short CNAME x.wild\n*.wild CNAME many\n";
  std::vector<std::string> ns;
  for (int i = 0; i < 1'500; ++i) {
    records += fmt::format("many MX {0} host{0}.many\n", i);
    ns.push_back(fmt::format("many.example.com. 300 IN MX {0} host{0}.many.example.com.", i));
  }
  const auto response = Answering(records).ask("short.example.com", type::kMx, kTcp);
  EXPECT_FALSE(response.tc);
  ASSERT_THAT(response.answer, SizeIs(2 + ns.size()));
  EXPECT_TRUE(std::equal(ns.begin(), ns.end(), response.answer.begin() + 2));
}

// What a zone is allowed to have must fit over TCP, or nobody could ever get it.
TEST(LongMessage, TheLargestRrsetOfNamesFitsOverTcp) {
  const std::string owner = std::string(63, 'o') + ".of.many";
  const std::string host_end(56, 'x');
  const std::size_t record_size = dns::kStoredRecordFixedSize + 2 + (1 + 4 + host_end.size()) + 13;  // 13: the apex
  const std::size_t most = zone::kRecordsMax / record_size;
  std::string records;
  for (std::size_t i = 0; i < most; ++i)
    records += fmt::format("{} MX 10 {:04}{}\n", owner, i, host_end);
  const auto response = Answering(records).ask(owner + ".example.com", type::kMx, kTcp);
  EXPECT_FALSE(response.tc);
  EXPECT_THAT(response.answer, SizeIs(most));
}

}  // namespace
}  // namespace rhumb::answer
