#include "answer/responder.hpp"

#include <random>

#include <gmock/gmock.h>

#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using dns::append_opt;
using dns::query_message;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
namespace type = dns::type;

constexpr std::string_view kPlainZone = R"(
$TTL 300
@          3600 SOA ns1 hostmaster 7 7200 900 1209600 60
           NS   ns1
           NS   ns.lab
           MX   10 mail
ns1        A    192.0.2.53
           AAAA 2001:db8::53
www        A    192.0.2.1
           A    192.0.2.2
shop       CNAME www
far        CNAME www.example.net.
chain      CNAME shop
gone       CNAME nothing
ping       CNAME pong
pong       CNAME ping
self       CNAME self
into-lab   CNAME host.lab
*.wild     A    192.0.2.9
*.alias    CNAME www
deep.empty.nonterminal  A 192.0.2.8
lab        NS   ns.lab
           NS   ns.elsewhere.example.org.
ns.lab     A    192.0.2.100
           AAAA 2001:db8::100
old        DNAME new
a.new      A    192.0.2.7
loop.dname DNAME loop.dname
again      DNAME turn
x.turn     CNAME y.again
longer     DNAME a-target-that-is-so-much-longer-that-a-long-name-will-not-fit.new
)";

std::string big_rrset(int records) {
  std::string text;
  for (int i = 0; i < records; ++i)
    text += "big TXT \"" + std::string(90, 'x') + std::to_string(i) + "\"\n";
  return text;
}

class ResponderTest : public testing::Test {
 protected:
  explicit ResponderTest(const std::string& more = {})
      : snapshot_{zone::Zones({make_zone("example.com", std::string(kPlainZone) + more)}, 42),
                  {},
                  {},
                  std::make_shared<health::Board>(0)},
        asker_(snapshot_) {}

  test::Response ask(std::string_view name, dns::Type of_type, Client client = {}) {
    return asker_.ask(name, of_type, client);
  }

  Snapshot snapshot_;
  Asker asker_;
};

// RFC 1035 §4.1.1: a server failure, not authoritative, empty.
TEST(ZoneThatWasNotLoaded, IsServfailAtAndBelowItsApex) {
  const Snapshot snapshot{
      zone::Zones({make_zone("example.com", kPlainZone)}, 42, {*dns::Name::from_text("lab.example.com")}),
      {},
      {},
      std::make_shared<health::Board>(0)};
  Asker asker(snapshot);
  for (const char* name : {"lab.example.com", "LAB.example.com", "ns.lab.example.com", "a.b.lab.example.com"}) {
    for (const dns::Type of_type : {type::kA, type::kSoa, type::kAny}) {
      const auto response = asker.ask(name, of_type);
      EXPECT_EQ(response.rcode, "SERVFAIL") << name;
      EXPECT_FALSE(response.aa);
      EXPECT_THAT(response.answer, IsEmpty());
      EXPECT_THAT(response.authority, IsEmpty());
      EXPECT_THAT(response.additional, IsEmpty());
    }
  }
  EXPECT_EQ(asker.decision().zone, nullptr);
  EXPECT_EQ(asker.ask("www.example.com", type::kA).rcode, "NOERROR");
}

TEST(ZoneThatWasNotLoaded, EndsAChainAsOneThatLeavesTheZone) {
  const Snapshot snapshot{
      zone::Zones({make_zone("example.com", kPlainZone)}, 42, {*dns::Name::from_text("lab.example.com")}),
      {},
      {},
      std::make_shared<health::Board>(0)};
  const auto response = Asker(snapshot).ask("into-lab.example.com", type::kA);
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.answer, ElementsAre("into-lab.example.com. 300 IN CNAME host.lab.example.com."));
  EXPECT_THAT(response.authority, IsEmpty());
}

constexpr auto kSoa = "example.com. 60 IN SOA ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 60";

TEST_F(ResponderTest, AnswersWithTheRrsetAndAuthority) {
  const auto response = ask("www.example.com", type::kA);
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.answer,
              ElementsAre("www.example.com. 300 IN A 192.0.2.1", "www.example.com. 300 IN A 192.0.2.2"));
  EXPECT_THAT(response.authority, IsEmpty());
  EXPECT_THAT(response.additional, IsEmpty());
  EXPECT_FALSE(response.has_edns);
}

TEST_F(ResponderTest, KeepsTheCaseOfTheQuestion) {
  const auto response = ask("wWw.eXample.COM", type::kA);
  EXPECT_EQ(response.question, "wWw.eXample.COM. A");
  EXPECT_EQ(response.answer.at(0), "wWw.eXample.COM. 300 IN A 192.0.2.1");
}

TEST_F(ResponderTest, RefusesWhatIsNotOurs) {
  const auto response = ask("www.example.net", type::kA);
  EXPECT_EQ(response.rcode, "REFUSED");
  EXPECT_FALSE(response.aa);
  EXPECT_EQ(ask("com", type::kA).rcode, "REFUSED");
  EXPECT_EQ(ask(".", type::kNs).rcode, "REFUSED");
}

TEST_F(ResponderTest, DeniesWithTheSoaAtItsNegativeTtl) {
  const auto no_name = ask("no.example.com", type::kA);
  EXPECT_EQ(no_name.rcode, "NXDOMAIN");
  EXPECT_TRUE(no_name.aa);
  EXPECT_THAT(no_name.authority, ElementsAre(kSoa));
  const auto no_data = ask("www.example.com", type::kAaaa);
  EXPECT_EQ(no_data.rcode, "NOERROR");
  EXPECT_THAT(no_data.answer, IsEmpty());
  EXPECT_THAT(no_data.authority, ElementsAre(kSoa));
}

TEST_F(ResponderTest, AnEmptyNonTerminalIsNoDataNotNoName) {
  EXPECT_EQ(ask("empty.nonterminal.example.com", type::kA).rcode, "NOERROR");
  EXPECT_EQ(ask("nonterminal.example.com", type::kA).rcode, "NOERROR");
  EXPECT_EQ(ask("other.nonterminal.example.com", type::kA).rcode, "NXDOMAIN");
}

TEST_F(ResponderTest, AWildcardAnswersUnderTheNameAsked) {
  EXPECT_THAT(ask("x.y.wild.example.com", type::kA).answer, ElementsAre("x.y.wild.example.com. 300 IN A 192.0.2.9"));
  const auto no_data = ask("x.wild.example.com", type::kAaaa);
  EXPECT_EQ(no_data.rcode, "NOERROR");
  EXPECT_THAT(no_data.authority, ElementsAre(kSoa));
}

TEST_F(ResponderTest, FollowsCnamesInsideTheZone) {
  EXPECT_THAT(ask("chain.example.com", type::kA).answer,
              ElementsAre("chain.example.com. 300 IN CNAME shop.example.com.",
                          "shop.example.com. 300 IN CNAME www.example.com.", "www.example.com. 300 IN A 192.0.2.1",
                          "www.example.com. 300 IN A 192.0.2.2"));
  EXPECT_THAT(ask("b.alias.example.com", type::kA).answer, SizeIs(3));
  EXPECT_THAT(ask("shop.example.com", type::kCname).answer,
              ElementsAre("shop.example.com. 300 IN CNAME www.example.com."));
}

TEST_F(ResponderTest, LeavesAForeignCnameTargetToTheResolver) {
  const auto response = ask("far.example.com", type::kA);
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_THAT(response.answer, ElementsAre("far.example.com. 300 IN CNAME www.example.net."));
  EXPECT_THAT(response.authority, IsEmpty());
}

TEST_F(ResponderTest, TheRcodeIsThatOfTheLastStep) {
  const auto response = ask("gone.example.com", type::kA);
  EXPECT_EQ(response.rcode, "NXDOMAIN");
  EXPECT_THAT(response.answer, SizeIs(1));
  EXPECT_THAT(response.authority, ElementsAre(kSoa));
  EXPECT_EQ(ask("shop.example.com", type::kAaaa).rcode, "NOERROR");
}

TEST_F(ResponderTest, EndsCnameLoops) {
  EXPECT_THAT(ask("ping.example.com", type::kA).answer, SizeIs(2));
  EXPECT_THAT(ask("self.example.com", type::kA).answer, SizeIs(1));
}

TEST_F(ResponderTest, DelegatesWithGlue) {
  for (const auto* name : {"lab.example.com", "a.b.lab.example.com"}) {
    const auto response = ask(name, type::kA);
    EXPECT_EQ(response.rcode, "NOERROR");
    EXPECT_FALSE(response.aa);
    EXPECT_THAT(response.answer, IsEmpty());
    EXPECT_THAT(response.authority, ElementsAre("lab.example.com. 300 IN NS ns.lab.example.com.",
                                                "lab.example.com. 300 IN NS ns.elsewhere.example.org."));
    EXPECT_THAT(response.additional, ElementsAre("ns.lab.example.com. 300 IN A 192.0.2.100",
                                                 "ns.lab.example.com. 300 IN AAAA 2001:db8::100"));
  }
}

TEST_F(ResponderTest, AnswersDsOfADelegationItself) {
  const auto response = ask("lab.example.com", type::kDs);
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.authority, ElementsAre(kSoa));
}

TEST_F(ResponderTest, ACnameIntoADelegationKeepsItsAuthority) {
  const auto response = ask("into-lab.example.com", type::kA);
  EXPECT_TRUE(response.aa);
  EXPECT_THAT(response.answer, SizeIs(1));
  EXPECT_THAT(response.authority, SizeIs(2));
  EXPECT_THAT(response.additional, SizeIs(2));
}

TEST_F(ResponderTest, RenamesBelowADname) {
  EXPECT_THAT(
      ask("a.old.example.com", type::kA).answer,
      ElementsAre("old.example.com. 300 IN DNAME new.example.com.",
                  "a.old.example.com. 300 IN CNAME a.new.example.com.", "a.new.example.com. 300 IN A 192.0.2.7"));
  EXPECT_EQ(ask("b.old.example.com", type::kA).rcode, "NXDOMAIN");
  const auto alias = ask("b.old.example.com", type::kCname);
  EXPECT_EQ(alias.rcode, "NOERROR") << "the CNAME is the answer: where it leads was not asked";
  EXPECT_THAT(alias.answer, SizeIs(2));
  EXPECT_THAT(ask("old.example.com", type::kDname).answer, SizeIs(1));
  EXPECT_EQ(ask("old.example.com", type::kA).rcode, "NOERROR");
}

TEST_F(ResponderTest, ADnameThatMakesTheNameTooLongIsYxdomain) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + ".longer.example.com";
  const auto response = ask(name, type::kA);
  EXPECT_EQ(response.rcode, "YXDOMAIN");
  EXPECT_THAT(response.answer, SizeIs(1)) << "the DNAME, to see why";
}

TEST_F(ResponderTest, EndsDnameLoops) {
  EXPECT_EQ(ask("x.loop.dname.example.com", type::kA).rcode, "NOERROR");
}

// RFC 2181 §5.
TEST_F(ResponderTest, ADnameStandsOnceHoweverOftenTheChainPasses) {
  EXPECT_THAT(ask("x.again.example.com", type::kA).answer,
              ElementsAre("again.example.com. 300 IN DNAME turn.example.com.",
                          "x.again.example.com. 300 IN CNAME x.turn.example.com.",
                          "x.turn.example.com. 300 IN CNAME y.again.example.com.",
                          "y.again.example.com. 300 IN CNAME y.turn.example.com."));
}

TEST_F(ResponderTest, AnyGetsOneRrset) {
  EXPECT_THAT(ask("ns1.example.com", type::kAny).answer, SizeIs(1));
  EXPECT_EQ(ask("nonterminal.example.com", type::kAny).rcode, "NOERROR");
}

TEST_F(ResponderTest, RefusesTransfersAndOtherClasses) {
  EXPECT_EQ(ask("example.com", type::kAxfr).rcode, "NOTIMPL") << "there is no AXFR over UDP (RFC 5936 §4.2)";
  EXPECT_EQ(ask("example.com", type::kAxfr, {IpAddress::v4(1), Transport::tcp}).rcode, "REFUSED");
  EXPECT_EQ(ask("example.com", type::kIxfr).rcode, "REFUSED");
  auto chaos = query_message("www.example.com", type::kA);
  chaos.back() = 3;
  EXPECT_EQ(asker_.ask(chaos).rcode, "REFUSED");
}

TEST_F(ResponderTest, RefusesOtherOpcodes) {
  EXPECT_EQ(asker_.ask(query_message("example.com", type::kSoa, 2 << 11)).rcode, "NOTIMPL");
  for (const int opcode : {4, 5}) {
    const auto flags = static_cast<std::uint16_t>(opcode << 11);
    EXPECT_EQ(asker_.ask(query_message("example.com", type::kSoa, flags)).rcode, "REFUSED") << opcode;
    EXPECT_EQ(asker_.ask(query_message("www.example.com", type::kSoa, flags)).rcode, "NOTAUTH") << opcode;
    EXPECT_EQ(asker_.ask(query_message("example.org", type::kSoa, flags)).rcode, "NOTAUTH") << opcode;
  }
}

TEST_F(ResponderTest, SpeaksEdns) {
  auto query = query_message("www.example.com", type::kA);
  append_opt(query, {}, 4096);
  const auto response = asker_.ask(query);
  EXPECT_TRUE(response.has_edns);
  EXPECT_EQ(response.payload_size, dns::kUdpPayloadDefault);

  auto later = query_message("www.example.com", type::kA);
  append_opt(later, {}, 4096, 1);
  const auto refused = asker_.ask(later);
  EXPECT_EQ(refused.rcode, "BADVERS");
  EXPECT_THAT(refused.answer, IsEmpty());
}

TEST_F(ResponderTest, AStaticAnswerHasScopeZeroAndOnlyIfAsked) {
  auto query = query_message("www.example.com", type::kA);
  append_opt(query, dns::client_subnet_option(1, 24, {192, 0, 2}));
  EXPECT_EQ(asker_.ask(query).scope_bits, 0);
  auto without = query_message("www.example.com", type::kA);
  append_opt(without, {});
  EXPECT_FALSE(asker_.ask(without).scope_bits);
}

TEST_F(ResponderTest, SaysFormerrToWhatItCannotReadAndNothingToResponses) {
  EXPECT_EQ(asker_.ask(dns::Message{0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}).rcode, "FORMERR");
  EXPECT_THAT(asker_.ask_raw(query_message("www.example.com", type::kA, dns::flag::kQr)), IsEmpty());
  EXPECT_THAT(asker_.ask_raw(dns::Message(5)), IsEmpty());
}

class BigResponderTest : public ResponderTest {
 protected:
  BigResponderTest() : ResponderTest(big_rrset(30)) {}
};

TEST_F(BigResponderTest, TruncatesOverUdpAndNotOverTcp) {
  const auto udp = ask("big.example.com", 16);
  EXPECT_TRUE(udp.tc);
  EXPECT_THAT(udp.answer, IsEmpty()) << "half an RRset is worse than none (RFC 2181 §9)";
  const auto tcp = ask("big.example.com", 16, {IpAddress::v4(1), Transport::tcp});
  EXPECT_FALSE(tcp.tc);
  EXPECT_THAT(tcp.answer, SizeIs(30));
}

class MiddleResponderTest : public ResponderTest {
 protected:
  MiddleResponderTest() : ResponderTest(big_rrset(8)) {}  // about 900 octets
};

TEST_F(MiddleResponderTest, KeepsToThePayloadThatTheRequestorTakes) {
  EXPECT_TRUE(ask("big.example.com", 16).tc) << "without EDNS: 512";
  for (const auto& [payload, truncated] :
       std::vector<std::pair<std::uint16_t, bool>>{{0, true}, {512, true}, {1000, false}, {65535, false}}) {
    auto query = query_message("big.example.com", 16);
    append_opt(query, {}, payload);
    const auto response = asker_.ask(query);
    EXPECT_EQ(response.tc, truncated) << payload;
    EXPECT_LE(response.size, dns::kUdpPayloadDefault);
  }
}

TEST_F(ResponderTest, TheTraceTellsTheSteps) {
  ask("chain.example.com", type::kA);
  EXPECT_EQ(asker_.decision().zone->apex(), dns::Name::from_text("example.com"));
}

// Whatever comes in, the response is one that ldns can read, or there is none.
TEST_F(ResponderTest, SurvivesAnyOctets) {
  const std::vector<const char*> names{"www.example.com", "x.loop.dname.example.com", "chain.example.com",
                                       "a.b.lab.example.com", "q.wild.example.com"};
  Random random(1);
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 mutate(seed);
    auto query = query_message(names[seed % names.size()], type::kA);
    append_opt(query, dns::client_subnet_option(1, 24, {192, 0, 2}));
    for (std::uint32_t i = 0; i < 1 + seed % 3; ++i)
      query[mutate() % query.size()] = static_cast<std::uint8_t>(mutate());
    std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
    response.resize(answer(snapshot_, {}, query, response, random));
    if (response.empty()) continue;
    EXPECT_EQ(load_u16(response.data()), load_u16(query.data()));
    const auto parsed = test::parse_response(response);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace rhumb::answer
