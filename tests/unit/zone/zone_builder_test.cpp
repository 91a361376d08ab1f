#include "zone/zone_builder.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "zone/zones.hpp"
#include "zone_directory.hpp"

namespace rhumb::zone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kBuilderZone =
    "@ 3600 SOA ns1 admin 2026112201 7200 900 1209600 300\n"
    "@ 3600 NS ns1\n"
    "ns1 A 192.0.2.53\n";

class CompiledZone : public ::testing::Test {
 protected:
  void load(std::string_view records, std::string_view apex = "example.com") {
    directory_.write("zone", std::string(kBuilderZone) + std::string(records));
    zone_ = directory_.load("zone", apex);
    ASSERT_NE(zone_, nullptr) << ::testing::PrintToString(directory_.problems());
  }

  [[nodiscard]] NodeIndex node(std::string_view name) const {
    const dns::Name wanted = *dns::Name::from_text(name);
    for (NodeIndex i = 0; i < zone_->node_count(); ++i) {
      if (*dns::Name::from_wire(zone_->owner(i)) == wanted) return i;
    }
    ADD_FAILURE() << "no " << name;
    return kApex;
  }

  // The hosts that the NS records' targets point at, as "HOST in the records = HOST of the node".
  [[nodiscard]] std::vector<std::string> targets(std::string_view name) const {
    const Rrset* ns = zone_->find(node(name), dns::type::kNs);
    std::vector<std::string> all;
    for (const Target& target : ns->targets()) {
      std::array<std::uint8_t, dns::kNameMax> host;
      const dns::StoredRrset stored = zone_->stored(node(name), *ns);
      const std::size_t size = dns::expand_name(stored, target.name_offset, zone_->owner(node(name)), host.data());
      all.push_back(dns::Name::from_wire(Bytes(host).first(size))->to_text());
      EXPECT_EQ(all.back(), dns::Name::from_wire(zone_->owner(target.node))->to_text());
    }
    return all;
  }

  ZoneDirectory directory_;
  std::shared_ptr<const Zone> zone_;
};

std::string hex(Bytes octets) {
  std::string text;
  for (const std::uint8_t octet : octets)
    text += fmt::format("{:02x}", octet);
  return text;
}

TEST_F(CompiledZone, RecordsLieInAnswerForm) {
  load("www 300 A 192.0.2.1\nwww 300 A 192.0.2.2\nwww 600 MX 10 Mail\n");
  const Rrset* a = zone_->find(node("www.example.com"), dns::type::kA);
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->type, dns::type::kA);
  EXPECT_EQ(a->count, 2);
  EXPECT_EQ(hex(a->records()),
            "c00c000100010000012c0004c0000201"
            "c00c000100010000012c0004c0000202");
  const Rrset* mx = zone_->find(node("www.example.com"), 15);
  ASSERT_NE(mx, nullptr);
  EXPECT_EQ(hex(mx->records()), "c00c000f0001000002580009000a044d61696cc010") << "case is kept";
  EXPECT_EQ(zone_->find(node("www.example.com"), dns::type::kAaaa), nullptr);
}

TEST_F(CompiledZone, TellsItsSerialAndSizes) {
  load("www A 192.0.2.1\na.b A 192.0.2.1\n");
  EXPECT_EQ(zone_->apex().to_text(), "example.com");
  EXPECT_EQ(zone_->serial(), 2026112201U);
  EXPECT_EQ(zone_->node_count(), 5U);
  EXPECT_EQ(zone_->rrset_count(), 5U);
  EXPECT_EQ(zone_->record_count(), 5U);
  EXPECT_GT(zone_->memory_size(), 500U);
}

TEST_F(CompiledZone, OwnersAreFoldedAndTheApexIsFirst) {
  load("WWW A 192.0.2.1\n");
  EXPECT_EQ(hex(zone_->owner(node("www.example.com"))), "03777777076578616d706c6503636f6d00");
  EXPECT_EQ(node("example.com"), kApex);
}

TEST_F(CompiledZone, RrsetsOfANameAreSortedByType) {
  load("www TXT a\nwww A 192.0.2.1\nwww TYPE65280 \\# 0\nwww AAAA 2001:db8::1\n");
  std::vector<dns::Type> types;
  for (const Rrset& rrset : zone_->rrsets(node("www.example.com")))
    types.push_back(rrset.type);
  EXPECT_THAT(types, ElementsAre(1, 16, 28, 65280));
}

// RFC 2308 §5.
TEST_F(CompiledZone, TheNegativeSoaHasTheSmallerOfTtlAndMinimum) {
  load("");
  EXPECT_EQ(load_u32(zone_->negative_soa().records().data() + 6), 300U);
  EXPECT_EQ(load_u32(zone_->find(kApex, dns::type::kSoa)->records().data() + 6), 3600U);
  EXPECT_EQ(zone_->negative_soa().count, 1);

  directory_.write("zone", "@ 60 SOA ns1 admin 1 7200 900 1209600 300\n@ 60 NS ns.example.net.\n");
  zone_ = directory_.load();
  EXPECT_EQ(load_u32(zone_->negative_soa().records().data() + 6), 60U);
}

TEST_F(CompiledZone, TargetsAreTheHostsWhoseAddressesAreHereInRecordOrder) {
  load(
      "@ NS ns.example.net.\n@ NS NS2\nns2 AAAA 2001:db8::53\n@ NS ns1.lab\n"
      "lab NS ns1.lab\nlab NS ns.example.org.\nlab NS ns1\nlab NS none.lab\nns1.lab A 192.0.2.54\n");
  EXPECT_THAT(targets("example.com"), ElementsAre("ns1.example.com", "ns2.example.com", "ns1.lab.example.com"));
  EXPECT_THAT(targets("lab.example.com"), ElementsAre("ns1.lab.example.com", "ns1.example.com"));
}

TEST_F(CompiledZone, ASteeredHostIsNoTarget) {
  directory_.write("zone", "@ SOA a b 1 2 3 4 5\n@ NS ns\n");
  zone_ = directory_.load("zone", "example.com",
                          std::vector<OverlayName>{{*dns::Name::from_text("ns.example.com"), 3, "config"}});
  ASSERT_NE(zone_, nullptr);
  EXPECT_THAT(targets("example.com"), IsEmpty()) << "its addresses depend on who asks for them";
  EXPECT_EQ(zone_->overlay(node("ns.example.com")), 3U);
  EXPECT_TRUE(zone_->rrsets(node("ns.example.com")).empty());
  EXPECT_THAT(directory_.problems(), IsEmpty());
}

// RFC 4034 §3: the TTL of the RRset that it covers.
TEST_F(CompiledZone, RrsigsKeepTheirTtlEach) {
  load(
      "www 300 RRSIG A 8 3 300 20301231000000 20201231000000 1 example.com. AQNR\n"
      "www 600 RRSIG TXT 8 3 600 20301231000000 20201231000000 1 example.com. AQNR\n");
  const Rrset* rrsig = zone_->find(node("www.example.com"), dns::type::kRrsig);
  ASSERT_EQ(rrsig->count, 2);
  EXPECT_EQ(load_u32(rrsig->records().data() + 6), 300U);
  EXPECT_EQ(load_u32(rrsig->records().data() + rrsig->records().size() / 2 + 6), 600U);
  EXPECT_THAT(directory_.problems(), IsEmpty());
}

TEST_F(CompiledZone, TakesAsManyRecordsAsAMessageHasRoomFor) {
  std::string records;
  const std::size_t most = kRecordsMax / (dns::kStoredRecordFixedSize + 4);
  for (std::size_t i = 0; i < most; ++i)
    records += fmt::format("big A 10.0.{}.{}\n", i / 256, i % 256);
  load(records);
  EXPECT_EQ(zone_->find(node("big.example.com"), dns::type::kA)->count, most);

  directory_.write("zone", std::string(kBuilderZone) + records + "big A 10.1.0.0\n");
  EXPECT_EQ(directory_.load(), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("zone:4: the A records of big take 65072 octets; a message has room for 65063"));
}

TEST_F(CompiledZone, WorksForTheRoot) {
  load("com NS ns1.com\nns1.com A 192.0.2.54\n", ".");
  EXPECT_THAT(targets("com"), ElementsAre("ns1.com"));
  EXPECT_THAT(targets("."), ElementsAre("ns1"));
  EXPECT_THAT(directory_.problems(), IsEmpty());
}

// Nodes are numbered as they come, so that a child's file position does not matter.
TEST_F(CompiledZone, RecordsOfANameMayBeScattered) {
  load("a.b A 192.0.2.1\nb A 192.0.2.2\na.b A 192.0.2.3\nb TXT x\na.b TXT y\nb A 192.0.2.4\n");
  EXPECT_EQ(zone_->find(node("a.b.example.com"), dns::type::kA)->count, 2);
  EXPECT_EQ(zone_->find(node("b.example.com"), dns::type::kA)->count, 2);
  EXPECT_LT(node("b.example.com"), node("a.b.example.com")) << "parents come first";
}

// RFC 1035 §4.1.4, as if the question were the owner and nothing stood before the RRset.
TEST_F(CompiledZone, NamesInRdataPointToTheOwnerAndToNamesBeforeThem) {
  load("m MX 1 a.mail.test.\nm MX 2 b.MAIL.test.\nm MX 3 m\nm MX 4 b.mail.test.\n");
  const Rrset& mx = *zone_->find(node("m.example.com"), dns::type::kMx);
  EXPECT_EQ(hex(mx.records()),
            "c00c000f000100000e10000f0001"
            "0161046d61696c047465737400"  // stands at 31: its rdata at 43, mail.test at 47
            "c00c000f000100000e1000060002"
            "0162c02f"
            "c00c000f000100000e1000040003"
            "c00c"
            "c00c000f000100000e1000040004"
            "c048");
  EXPECT_THAT(mx.names()->pointers, ElementsAre(43, 59, 75));
}

TEST_F(CompiledZone, NothingPointsToAWildcard) {
  load("*.w CNAME *.w\n*.v CNAME x.v\n");
  EXPECT_EQ(hex(zone_->find(node("*.w.example.com"), dns::type::kCname)->records()),
            "c00c0005000100000e100004012ac00e");
  EXPECT_EQ(hex(zone_->find(node("*.v.example.com"), dns::type::kCname)->records()),
            "c00c0005000100000e1000040178c00e");
}

// RFC 3597 §4: only the types of RFC 1035.
TEST_F(CompiledZone, NewerTypesAreNotCompressed) {
  load("_s SRV 1 2 3 www\nd DNAME www\nwww A 192.0.2.1\n");
  const Rrset& srv = *zone_->find(node("_s.example.com"), dns::type::kSrv);
  EXPECT_EQ(srv.records().size(), dns::kStoredRecordFixedSize + 6 + 17);
  EXPECT_THAT(srv.names()->pointers, IsEmpty());
  EXPECT_THAT(srv.names()->targets, testing::SizeIs(1));
  EXPECT_EQ(zone_->find(node("d.example.com"), dns::type::kDname)->names(), nullptr);
}

}  // namespace
}  // namespace rhumb::zone
