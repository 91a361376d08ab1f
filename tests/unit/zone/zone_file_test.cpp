#include "zone/zone_file.hpp"

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "zone_directory.hpp"

namespace rhumb::zone {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What every zone needs, in three lines: what a test adds begins on line 4.
constexpr std::string_view kFileHead =
    "@ 3600 SOA ns1 admin 1 7200 900 1209600 300\n"
    "@ 3600 NS ns1\n"
    "ns1 3600 A 192.0.2.53\n";

class ZoneFile : public ::testing::Test {
 protected:
  // Loads kFileHead and `rest`.
  std::shared_ptr<const Zone> load(std::string_view rest) {
    directory_.write("zone", std::string(kFileHead) + std::string(rest));
    zone_ = directory_.load();
    return zone_;
  }

  // Loads and gives the problems; expects that there is an error and so no zone.
  const std::vector<std::string>& errors_of(std::string_view rest) {
    EXPECT_EQ(load(rest), nullptr);
    return directory_.problems();
  }

  // The problems, none of which may be an error.
  const std::vector<std::string>& warnings_of(std::string_view rest) {
    EXPECT_NE(load(rest), nullptr);
    return directory_.problems();
  }

  // The records of the zone loaded last as "OWNER TTL TYPE HEX", in the order of its nodes, without those of kFileHead.
  [[nodiscard]] std::vector<std::string> records() const {
    std::vector<std::string> all;
    for (NodeIndex node = 0; zone_ != nullptr && node < zone_->node_count(); ++node) {
      for (const Rrset& rrset : zone_->rrsets(node)) {
        for (std::size_t at = 0; at < rrset.records().size();) {
          const std::size_t size = load_u16(rrset.records().data() + at + 10);
          std::string hex;
          for (const std::uint8_t octet : rdata(node, rrset, at))
            hex += fmt::format("{:02x}", octet);
          all.push_back(fmt::format("{} {} {} {}", dns::Name::from_wire(zone_->owner(node))->to_text(),
                                    load_u32(rrset.records().data() + at + 6), dns::type_to_text(rrset.type), hex));
          at += dns::kStoredRecordFixedSize + size;
        }
      }
    }
    std::erase_if(all, [](const std::string& record) {
      return record.starts_with("example.com 3600 NS ") || record.find(" SOA ") != std::string::npos ||
             record.starts_with("ns1.example.com ");
    });
    return all;
  }

  // Of the record at `at`, uncompressed.
  [[nodiscard]] std::vector<std::uint8_t> rdata(NodeIndex node, const Rrset& rrset, std::size_t at) const {
    const std::uint8_t* record = rrset.records().data() + at;
    std::vector<std::uint8_t> rdata(record + dns::kStoredRecordFixedSize, record + dns::stored_record_size(record));
    if (dns::rdata_layout(rrset.type).name_count == 0) return rdata;
    rdata.resize(dns::kExpandedRdataMax);
    rdata.resize(dns::expand_rdata(zone_->stored(node, rrset), at, zone_->owner(node), rdata.data()));
    return rdata;
  }

  ZoneDirectory directory_;
  std::shared_ptr<const Zone> zone_;
};

std::vector<OverlayName> overlay_at(std::string_view name) {
  return {{*dns::Name::from_text(name), 1, fmt::format("rhumb.json: /services/{}", name)}};
}

std::vector<OverlayName> alias_at(std::string_view name) {
  auto overlays = overlay_at(name);
  overlays.front().is_alias = true;
  return overlays;
}

// Owners, origins and TTLs.

TEST_F(ZoneFile, NamesWithoutAFinalDotAreRelativeToTheApexAtFirst) {
  load("www A 192.0.2.1\nwww.example.com. TXT a\n@ TXT b\n");
  EXPECT_THAT(records(), ElementsAre("example.com 3600 TXT 0162", "www.example.com 3600 A c0000201",
                                     "www.example.com 3600 TXT 0161"));
}

TEST_F(ZoneFile, OriginChangesWhatNamesAreRelativeTo) {
  load("$ORIGIN sub\na A 192.0.2.1\n@ TXT x\n$origin deep\nb MX 1 c\n$ORIGIN example.com.\nd A 192.0.2.1\n");
  EXPECT_THAT(records(), ElementsAre("sub.example.com 3600 TXT 0178", "a.sub.example.com 3600 A c0000201",
                                     "b.deep.sub.example.com 3600 MX "
                                     "00010163046465657003737562076578616d706c6503636f6d00",
                                     "d.example.com 3600 A c0000201"));
}

TEST_F(ZoneFile, ABlankOwnerIsThatOfTheRecordBefore) {
  load("a A 192.0.2.1\n  A 192.0.2.2\n\n; x\n\tTXT y\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 3600 A c0000201", "a.example.com 3600 A c0000202",
                                     "a.example.com 3600 TXT 0179"));
}

TEST_F(ZoneFile, ABlankOwnerAfterOriginIsThatOfTheRecordBefore) {
  load("a A 192.0.2.1\n$ORIGIN sub\n  TXT y\nb A 192.0.2.2\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 3600 A c0000201", "a.example.com 3600 TXT 0179",
                                     "b.sub.example.com 3600 A c0000202"));
}

TEST_F(ZoneFile, AnOwnerMayBeInQuotes) {
  load("\"a\" A 192.0.2.1\n\"b c\" A 192.0.2.2\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 3600 A c0000201", "b\\032c.example.com 3600 A c0000202"));
}

TEST_F(ZoneFile, OwnersMayLookLikeTypesClassesAndTtls) {
  load("a a 192.0.2.1\nin in a 192.0.2.2\n60 60 A 192.0.2.3\nmx IN 60 MX 1 .\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 3600 A c0000201", "in.example.com 3600 A c0000202",
                                     "60.example.com 60 A c0000203", "mx.example.com 60 MX 000100"));
}

TEST_F(ZoneFile, AnAtSignIsTheOriginOnlyWhenItIsAloneAndNotEscaped) {
  load("\\@ CNAME @\n@.x CNAME \\@\n");
  EXPECT_THAT(records(), ElementsAre("\\@.example.com 3600 CNAME 076578616d706c6503636f6d00",
                                     "\\@.x.example.com 3600 CNAME 0140076578616d706c6503636f6d00"));
}

TEST_F(ZoneFile, MayHaveLineEndsOfWindowsAndNoneAtItsEnd) {
  EXPECT_THAT(warnings_of("$TTL 60\r\na TXT b ; c\r\n\tTXT (\r\n\"d\" )\r\ne TXT f"), IsEmpty());
  EXPECT_THAT(records(),
              ElementsAre("a.example.com 60 TXT 0162", "a.example.com 60 TXT 0164", "e.example.com 60 TXT 0166"));
}

TEST_F(ZoneFile, AByteOrderMarkIsOneErrorAndNoOther) {
  directory_.write("zone", "\xEF\xBB\xBF" + std::string(kFileHead));
  EXPECT_EQ(directory_.load(), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("zone:1: the file begins with a byte order mark; save it as UTF-8 without one"));
}

// RFC 1035 §5.1: the TTL last stated, which is the SOA's in files without $TTL.
TEST_F(ZoneFile, WithoutADefaultTtlThatOfTheSoaCounts) {
  directory_.write("zone", "@ 77 SOA a b 1 2 3 4 5\n@ NS ns.example.net.\n");
  const auto zone = directory_.load();
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->find(kApex, dns::type::kNs)->ttl(), 77U);
  directory_.write("zone", "@ SOA a b 1 2 3 4 5\n@ NS ns.example.net.\n");
  EXPECT_EQ(directory_.load()->find(kApex, dns::type::kNs)->ttl(), kDefaultTtl);
}

TEST_F(ZoneFile, AFirstRecordWithoutOwnerIsTheApexs) {
  directory_.write("zone", "  SOA a b 1 2 3 4 5\n  NS ns.example.net.\n");
  EXPECT_NE(directory_.load(), nullptr);
}

TEST_F(ZoneFile, TtlAndClassComeInAnyOrderOrNotAtAll) {
  load("a 60 IN TXT a\nb IN 60 TXT b\nc in TXT c\nd 60 TXT d\ne CLASS1 60 TYPE16 e\n");
  EXPECT_THAT(records(),
              ElementsAre("a.example.com 60 TXT 0161", "b.example.com 60 TXT 0162", "c.example.com 60 TXT 0163",
                          "d.example.com 60 TXT 0164", "e.example.com 60 TXT 0165"));
}

// RFC 2308 §4; without it the TTL is that of the record before (RFC 1035 §5.1).
TEST_F(ZoneFile, TheDefaultTtlIsTheDirectivesOrTheLastOneGiven) {
  load("a TXT a\nb 60 TXT b\nc TXT c\n$TTL 1h30m\nd TXT d\ne 0 TXT e\nf TXT f\n$TTL 0\ng TXT g\n");
  EXPECT_THAT(records(),
              ElementsAre("a.example.com 3600 TXT 0161", "b.example.com 60 TXT 0162", "c.example.com 60 TXT 0163",
                          "d.example.com 5400 TXT 0164", "e.example.com 0 TXT 0165", "f.example.com 5400 TXT 0166",
                          "g.example.com 0 TXT 0167"));
}

TEST_F(ZoneFile, ATtlHasUnits) {
  load("a 1w2d TXT a\nb 1D TXT b\nc 10s TXT c\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 777600 TXT 0161", "b.example.com 86400 TXT 0162",
                                     "c.example.com 10 TXT 0163"));
}

// RFC 2181 §8.
TEST_F(ZoneFile, ATtlWithTheTopBitCountsAsZero) {
  EXPECT_THAT(warnings_of("a 2147483648 TXT a\n"),
              ElementsAre("zone:4: warning: the TTL 2147483648 is over 2147483647 and counts as 0 (RFC 2181 §8)"));
  EXPECT_THAT(records(), ElementsAre("a.example.com 0 TXT 0161"));
  load("a 2147483647 TXT a\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 2147483647 TXT 0161"));
}

TEST_F(ZoneFile, EscapesInOwnersAreRead) {
  load("a\\.b A 192.0.2.1\n\\042 A 192.0.2.2\nsp\\ ace A 192.0.2.3\nq\\\\. A 192.0.2.3\n");
  EXPECT_THAT(directory_.problems(), ElementsAre("zone:7: warning: q\\\\ is not in the zone example.com; ignored"));
  EXPECT_THAT(records(), ElementsAre("a\\.b.example.com 3600 A c0000201", "*.example.com 3600 A c0000202",
                                     "sp\\032ace.example.com 3600 A c0000203"));
}

TEST_F(ZoneFile, UnknownTypesAreAsGoodAsOthers) {
  load("a TYPE65280 \\# 3 abcdef\na TYPE1 192.0.2.1\nb A \\# 4 c0000202\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 3600 A c0000201", "a.example.com 3600 TYPE65280 abcdef",
                                     "b.example.com 3600 A c0000202"));
}

TEST_F(ZoneFile, ParenthesesSpanLinesAndErrorsNameTheFirst) {
  load("a (\n 60 ; comment\n TXT\n ) \"b ; (\"\n");
  EXPECT_THAT(records(), ElementsAre("a.example.com 60 TXT 0562203b2028"));
  EXPECT_THAT(errors_of("a (\n 60\n A\n x )\nb A y\n"), ElementsAre("zone:4: \"x\" is not the data of a A record",
                                                                    "zone:8: \"y\" is not the data of a A record"));
}

// $INCLUDE.

TEST_F(ZoneFile, IncludesAreLookedForBesideTheFileThatIncludesThem) {
  directory_.write("parts/hosts", "a A 192.0.2.1\n$INCLUDE more/deep sub\nb A 192.0.2.2\n");
  directory_.write("parts/more/deep", "c A 192.0.2.3\n");
  EXPECT_THAT(warnings_of("$INCLUDE parts/hosts\nd A 192.0.2.4\n"), IsEmpty());
  EXPECT_THAT(records(), ElementsAre("a.example.com 3600 A c0000201", "c.sub.example.com 3600 A c0000203",
                                     "b.example.com 3600 A c0000202", "d.example.com 3600 A c0000204"));
}

// RFC 1035 §5.1.
TEST_F(ZoneFile, AnIncludeLeavesTheOriginAndTheOwnerAsTheyWere) {
  directory_.write("part", "@ A 192.0.2.1\n$ORIGIN other.example.com.\nx A 192.0.2.2\n");
  EXPECT_THAT(warnings_of("a A 192.0.2.3\n$INCLUDE \"part\" sub ; comment\n  TXT a\nb A 192.0.2.4\n"), IsEmpty());
  EXPECT_THAT(records(), ElementsAre("a.example.com 3600 A c0000203", "a.example.com 3600 TXT 0161",
                                     "sub.example.com 3600 A c0000201", "x.other.example.com 3600 A c0000202",
                                     "b.example.com 3600 A c0000204"));
}

TEST_F(ZoneFile, ErrorsNameTheIncludedFileAndLine) {
  directory_.write("parts/hosts", "\na A x\n");
  EXPECT_THAT(
      errors_of("$INCLUDE parts/hosts\nb A y\n"),
      ElementsAre("parts/hosts:2: \"x\" is not the data of a A record", "zone:5: \"y\" is not the data of a A record"));
}

TEST_F(ZoneFile, AnIncludeThatCannotBeReadIsAnError) {
  EXPECT_THAT(errors_of("$INCLUDE none\n"), ElementsAre("zone:4: none cannot be read (No such file or directory)"));
  std::filesystem::create_directory(directory_.path() / "parts");
  EXPECT_THAT(errors_of("$INCLUDE parts\n"), ElementsAre("zone:4: parts is a directory, not a zone file"));
}

TEST_F(ZoneFile, AFileThatIncludesItselfIsAnError) {
  EXPECT_THAT(errors_of("$INCLUDE zone\n"), ElementsAre("zone:4: zone includes itself"));
  directory_.write("parts/a", "$INCLUDE ../parts/b\n");
  directory_.write("parts/b", "\n$INCLUDE ../zone\n");
  EXPECT_THAT(errors_of("$INCLUDE parts/a\n"),
              ElementsAre("parts/../parts/b:2: parts/../parts/../zone includes itself"));
  directory_.write("twice", "$INCLUDE leaf\n$INCLUDE leaf\n");
  directory_.write("leaf", "; nothing\n");
  EXPECT_THAT(warnings_of("$INCLUDE twice\n$INCLUDE leaf\n"), IsEmpty()) << "one after the other is no loop";
}

TEST_F(ZoneFile, IncludesHaveALimitedDepth) {
  for (std::size_t i = 1; i <= kIncludeDepthMax; ++i)
    directory_.write(fmt::format("part{}", i), fmt::format("$INCLUDE part{}\n", i + 1));
  directory_.write(fmt::format("part{}", kIncludeDepthMax), "x A 192.0.2.1\n");
  EXPECT_THAT(warnings_of("$INCLUDE part1\n"), IsEmpty());
  directory_.write(fmt::format("part{}", kIncludeDepthMax), "$INCLUDE last\n");
  directory_.write("last", "");
  EXPECT_THAT(errors_of("$INCLUDE part1\n"), ElementsAre("part16:1: files include files more than 16 deep"));
}

// What is wrong with one entry.

TEST_F(ZoneFile, SyntaxErrorsNameFileAndLine) {
  EXPECT_THAT(errors_of("a A 192.0.2.400\n"), ElementsAre("zone:4: \"192.0.2.400\" is not the data of a A record"));
  EXPECT_THAT(errors_of("a A\n"), ElementsAre("zone:4: the A record is incomplete: \"\""));
  EXPECT_THAT(errors_of("a\n"), ElementsAre("zone:4: the record has no type"));
  EXPECT_THAT(errors_of("a 60 IN\n"), ElementsAre("zone:4: the record has no type"));
  EXPECT_THAT(errors_of("a IN FOO bar\n"), ElementsAre("zone:4: FOO is not a type of record"));
  EXPECT_THAT(errors_of("a ANY 1\n"), ElementsAre("zone:4: the class ANY is not served, only IN is"));
  EXPECT_THAT(errors_of("a OPT \\# 0\n"), ElementsAre("zone:4: OPT is not a type of record"));
  EXPECT_THAT(errors_of("a TYPE255 \\# 0\n"), ElementsAre("zone:4: TYPE255 is not a type of record"));
  EXPECT_THAT(errors_of("a CH TXT x\n"), ElementsAre("zone:4: the class CH is not served, only IN is"));
  EXPECT_THAT(errors_of("a CLASS32 TXT x\n"), ElementsAre("zone:4: the class CLASS32 is not served, only IN is"));
  EXPECT_THAT(errors_of("a..b A 192.0.2.1\n"), ElementsAre("zone:4: \"a..b\" is not a domain name, a label is empty"));
  EXPECT_THAT(errors_of("a 1x TXT a\n"),
              ElementsAre("zone:4: \"1x\" is not a TTL: a number of seconds, or of w, d, h, m and s as in 1h30m"));
  EXPECT_THAT(errors_of("a 4294967296 TXT a\n"), ElementsAre(HasSubstr("zone:4: \"4294967296\" is not a TTL")));
  EXPECT_THAT(errors_of("a 60 60 TXT a\n"), ElementsAre("zone:4: 60 is not a type of record"));
  EXPECT_THAT(errors_of("a TXT \"b\n"), ElementsAre("zone:4: a quoted string is not closed on its line"));
  EXPECT_THAT(errors_of("a TXT ( b\n\n"), ElementsAre("zone:4: a parenthesis is opened and not closed"));
  EXPECT_THAT(errors_of("a MX 70000 b\n"),
              ElementsAre("zone:4: 70000 in the MX record is too large a number for its field"));
}

TEST_F(ZoneFile, DirectivesAreChecked) {
  EXPECT_THAT(errors_of("$ORIGIN\n"), ElementsAre("zone:4: $ORIGIN must be followed by one domain name"));
  EXPECT_THAT(errors_of("$ORIGIN a b\n"), ElementsAre("zone:4: $ORIGIN must be followed by one domain name"));
  EXPECT_THAT(errors_of("$ORIGIN a..b\n"), ElementsAre("zone:4: $ORIGIN must be followed by one domain name"));
  EXPECT_THAT(errors_of("$TTL\n"), ElementsAre("zone:4: $TTL must be followed by one number of seconds"));
  EXPECT_THAT(errors_of("$TTL x\n"), ElementsAre(HasSubstr("zone:4: \"x\" is not a TTL")));
  EXPECT_THAT(errors_of("$INCLUDE\n"), ElementsAre(HasSubstr("zone:4: $INCLUDE must be followed by a file name")));
  EXPECT_THAT(errors_of("$GENERATE 1-9 h$ A 192.0.2.$\n"),
              ElementsAre("zone:4: $GENERATE is not a directive of zone files; there are $ORIGIN, $TTL and $INCLUDE"));
}

TEST_F(ZoneFile, ANameOver255OctetsIsAnError) {
  const std::string label = std::string(62, 'a') + ".";
  EXPECT_THAT(errors_of(label + label + label + std::string(53, 'a') + " A 192.0.2.1\n"), SizeIs(1));
  EXPECT_THAT(warnings_of(label + label + label + std::string(52, 'a') + " A 192.0.2.1\n"), IsEmpty());
}

TEST_F(ZoneFile, RecordsWithTheOwnerOfABadLineAreNotHeldAgainstAnother) {
  EXPECT_THAT(errors_of("a CNAME b\na..b CNAME c\n  TXT x\n"),
              ElementsAre("zone:5: \"a..b\" is not a domain name, a label is empty"));
}

TEST_F(ZoneFile, ReportsAllErrorsOfAFile) {
  std::string rest;
  for (int i = 0; i < 50; ++i)
    rest += "a A x\nb A 192.0.2.1\n";
  EXPECT_THAT(errors_of(rest), SizeIs(50 + 49));  // and 49 warnings that b is there already
}

// The file itself.

TEST_F(ZoneFile, AFileThatCannotBeReadIsAnError) {
  EXPECT_EQ(directory_.load("none"), nullptr);
  EXPECT_THAT(directory_.problems(), ElementsAre("none: cannot be read (No such file or directory)"));
  std::filesystem::create_directory(directory_.path() / "parts");
  EXPECT_EQ(directory_.load("parts"), nullptr);
  EXPECT_THAT(directory_.problems(), ElementsAre("parts: is a directory, not a zone file"));
  ASSERT_EQ(mkfifo((directory_.path() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(directory_.load("fifo"), nullptr);
  EXPECT_THAT(directory_.problems(), ElementsAre("fifo: is not a regular file"));
}

TEST_F(ZoneFile, AnEmptyFileIsAnError) {
  for (const char* text : {"", "\n; nothing\n$TTL 60\n"}) {
    directory_.write("zone", text);
    EXPECT_EQ(directory_.load(), nullptr);
    EXPECT_THAT(directory_.problems(),
                ElementsAre("zone: has no records; a zone needs a SOA and a NS record at least"));
  }
}

// What must hold of the zone.

TEST_F(ZoneFile, AZoneNeedsSoaAndNsAtItsApex) {
  directory_.write("zone", "www A 192.0.2.1\n");
  EXPECT_EQ(directory_.load(), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("zone: example.com has no SOA record; a zone must have one at its apex",
                          "zone: example.com has no NS record; a zone must have one at its apex"));
}

TEST_F(ZoneFile, ASoaElsewhereThanAtTheApexIsAnError) {
  EXPECT_THAT(errors_of("sub SOA a b 1 2 3 4 5\n"),
              ElementsAre("zone:4: sub has a SOA record, but the zone's apex is example.com"));
}

TEST_F(ZoneFile, TwoSoasAreAnErrorUnlessTheyAreTheSame) {
  EXPECT_THAT(errors_of("@ SOA ns1 admin 2 7200 900 1209600 300\n"),
              ElementsAre("zone:4: example.com has another SOA record at zone:1; remove one of them"));
  EXPECT_THAT(warnings_of("@ SOA ns1 admin 1 7200 900 1209600 300\n"), IsEmpty()) << "as in dumps of zone transfers";
}

TEST_F(ZoneFile, DataOutsideTheZoneIsIgnoredWithAWarning) {
  EXPECT_THAT(warnings_of("www.example.org. A 192.0.2.1\n"),
              ElementsAre("zone:4: warning: www.example.org is not in the zone example.com; ignored"));
  EXPECT_THAT(records(), IsEmpty());
}

// RFC 1034 §3.6.2.
TEST_F(ZoneFile, ACnameMustBeAlone) {
  EXPECT_THAT(errors_of("www A 192.0.2.1\nwww CNAME a\n"),
              ElementsAre("zone:5: www has a CNAME and other data (RFC 1034 §3.6.2); remove one of them"));
  EXPECT_THAT(errors_of("www CNAME a\nx A 192.0.2.1\nwww TXT b\n"),
              ElementsAre("zone:6: www has a CNAME and other data (RFC 1034 §3.6.2); remove one of them"));
  EXPECT_THAT(errors_of("@ CNAME a\n"),
              ElementsAre("zone:4: example.com has a CNAME and other data (RFC 1034 §3.6.2); remove one of them"));
  EXPECT_THAT(warnings_of("www CNAME a\nwww RRSIG CNAME 8 3 300 20301231000000 20201231000000 1 example.com. AQNR\n"
                          "www NSEC a CNAME\n"),
              IsEmpty());
}

TEST_F(ZoneFile, TwoCnamesOrDnamesAreAnError) {
  EXPECT_THAT(errors_of("www CNAME a\nwww CNAME b\n"),
              ElementsAre("zone:5: www has another CNAME record at zone:4 (RFC 2181 §10.1); remove one of them"));
  EXPECT_THAT(errors_of("www DNAME a\nwww DNAME b\n"),
              ElementsAre("zone:5: www has another DNAME record at zone:4 (RFC 6672 §2.4); remove one of them"));
}

TEST_F(ZoneFile, ADnameAtADelegationIsAnError) {
  EXPECT_THAT(errors_of("www DNAME a\nwww NS ns.example.net.\n"),
              ElementsAre("zone:5: www has a DNAME and is delegated (RFC 6672 §2.3); remove one of them"));
  EXPECT_THAT(warnings_of("@ DNAME example.net.\n"),
              ElementsAre("zone:3: warning: ns1 is below the DNAME of example.com, so this is never answered "
                          "(RFC 6672 §2.4)"));
}

TEST_F(ZoneFile, NsAndDnameAtAWildcardAreWarnedOf) {
  EXPECT_THAT(warnings_of("* NS ns.example.net.\n"),
              ElementsAre("zone:4: warning: a NS record at the wildcard * does nothing for the names that the wildcard "
                          "stands for (RFC 4592 §4.2)"));
  EXPECT_THAT(warnings_of("*.a DNAME example.net.\n"),
              ElementsAre("zone:4: warning: a DNAME record at the wildcard *.a does nothing for the names that the "
                          "wildcard stands for (RFC 4592 §4.4)"));
}

// RFC 2181 §5.2.
TEST_F(ZoneFile, TheLowestTtlOfAnRrsetIsThatOfAll) {
  EXPECT_THAT(warnings_of("www 300 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww 300 A 192.0.2.3\n"),
              ElementsAre("zone:5: warning: www A has TTL 60 here and 300 at zone:4; the lowest, 60, is served "
                          "(RFC 2181 §5.2)"));
  EXPECT_THAT(records(), ElementsAre("www.example.com 60 A c0000201", "www.example.com 60 A c0000202",
                                     "www.example.com 60 A c0000203"));
}

TEST_F(ZoneFile, ARecordThatIsThereTwiceIsServedOnce) {
  EXPECT_THAT(warnings_of("www A 192.0.2.1\nwww TXT a\nwww A 192.0.2.1\n"),
              ElementsAre("zone:6: warning: www has this A record already (zone:4); written once is enough"));
  EXPECT_THAT(records(), ElementsAre("www.example.com 3600 A c0000201", "www.example.com 3600 TXT 0161"));
  EXPECT_THAT(
      warnings_of("www MX 1 Mail.example.net.\nwww MX 1 mail.example.net.\nwww TXT a\nwww TXT A\nwww TXT \"\" a\n"),
      SizeIs(1))
      << "case counts, but not in names";
}

TEST_F(ZoneFile, ADelegationWithoutGlueIsWarnedOf) {
  EXPECT_THAT(
      warnings_of("lab NS ns.lab\n"),
      ElementsAre("zone:4: warning: the delegation of lab has no glue for its name server ns.lab: add A or AAAA "
                  "records"));
  EXPECT_THAT(warnings_of("lab NS ns.lab\nns.lab AAAA 2001:db8::1\n"), IsEmpty());
  EXPECT_THAT(warnings_of("lab NS ns.other\nlab NS ns.example.net.\nother NS ns.example.org.\n"), IsEmpty())
      << "what lies in another delegation is for others to have";
}

TEST_F(ZoneFile, ANameServerOfTheZoneWithoutAddressIsWarnedOf) {
  EXPECT_THAT(warnings_of("@ 3600 NS ns2\n"),
              ElementsAre("zone:4: warning: the name server ns2 has no A or AAAA record"));
  EXPECT_THAT(warnings_of("@ 3600 NS ns2.x\n*.x A 192.0.2.1\n"), IsEmpty()) << "the wildcard is one";
  EXPECT_THAT(warnings_of("@ 3600 NS ns2\nns2 CNAME ns1\n"),
              ElementsAre("zone:4: warning: the name server ns2 is an alias (CNAME); it must have addresses itself "
                          "(RFC 2181 §10.3)"));
}

TEST_F(ZoneFile, DataBelowACutIsNobodysBusiness) {
  EXPECT_THAT(warnings_of("lab NS ns.example.net.\nwww.lab TXT a\nx.lab NS y.x.lab\nz.lab CNAME a\n"), IsEmpty());
}

TEST_F(ZoneFile, DataBelowADnameIsWarnedOf) {
  EXPECT_THAT(warnings_of("old DNAME example.net.\na.b.old A 192.0.2.1\n"),
              ElementsAre("zone:5: warning: a.b.old is below the DNAME of old, so this is never answered "
                          "(RFC 6672 §2.4)"));
}

// Overlays.

TEST_F(ZoneFile, AnOverlayAtACnameIsAnErrorAtTheOverlay) {
  directory_.write("zone", std::string(kFileHead) + "www CNAME a\n");
  EXPECT_EQ(directory_.load("zone", "example.com", overlay_at("www.example.com")), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("rhumb.json: /services/www.example.com: www.example.com has a CNAME at zone:4; remove it "
                          "there, or the service here"));
}

TEST_F(ZoneFile, AnOverlayThatIsAnAliasHasNoDataBesideItButAddresses) {
  directory_.write("zone",
                   std::string(kFileHead) +
                       "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww RRSIG A 8 3 300 20300101000000 20200101000000 "
                       "1 example.com. AAAA\nbad TXT a\nbad MX 1 ns1\nbad A 192.0.2.1\n");
  EXPECT_NE(directory_.load("zone", "example.com", alias_at("www.example.com")), nullptr);
  EXPECT_THAT(directory_.problems(), IsEmpty());
  EXPECT_NE(directory_.load("zone", "example.com", overlay_at("bad.example.com")), nullptr);
  EXPECT_EQ(directory_.load("zone", "example.com", alias_at("bad.example.com")), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("rhumb.json: /services/bad.example.com: bad.example.com is an alias, as its instances are "
                          "names, and has a MX record at zone:8 (RFC 1034 §3.6.2); remove it there, or make the "
                          "instances addresses",
                          "rhumb.json: /services/bad.example.com: bad.example.com is an alias, as its instances are "
                          "names, and has a TXT record at zone:7 (RFC 1034 §3.6.2); remove it there, or make the "
                          "instances addresses"));
}

TEST_F(ZoneFile, AHostThatIsAnAliasByItsOverlayIsWarnedOf) {
  directory_.write("zone", std::string(kFileHead) + "@ MX 10 mail\nmail A 192.0.2.25\n");
  EXPECT_NE(directory_.load("zone", "example.com", overlay_at("mail.example.com")), nullptr);
  EXPECT_THAT(directory_.problems(), IsEmpty());
  EXPECT_NE(directory_.load("zone", "example.com", alias_at("mail.example.com")), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("zone:4: warning: the mail exchanger mail is an alias (CNAME); it must "
                          "have addresses itself (RFC 2181 §10.3)"));
}

TEST_F(ZoneFile, AnOverlayAtTheApexIsNoAlias) {
  directory_.write("zone", std::string(kFileHead));
  EXPECT_NE(directory_.load("zone", "example.com", overlay_at("example.com")), nullptr);
  EXPECT_EQ(directory_.load("zone", "example.com", alias_at("example.com")), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("rhumb.json: /services/example.com: example.com is the apex of its zone, with SOA and NS "
                          "records, and cannot be an alias (RFC 2181 §10.1): its instances must be addresses"));
}

TEST_F(ZoneFile, AnOverlayInADelegationOrBelowADnameIsAnError) {
  directory_.write("zone", std::string(kFileHead) + "lab NS ns.example.net.\nold DNAME example.net.\n");
  for (const char* name : {"lab.example.com", "a.b.lab.example.com"}) {
    EXPECT_EQ(directory_.load("zone", "example.com", overlay_at(name)), nullptr);
    EXPECT_THAT(
        directory_.problems(),
        ElementsAre(fmt::format("rhumb.json: /services/{0}: {0} is in the delegation of lab at zone:4, so it is "
                                "never asked for here",
                                name)));
  }
  EXPECT_EQ(directory_.load("zone", "example.com", overlay_at("a.old.example.com")), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("rhumb.json: /services/a.old.example.com: a.old.example.com is below the DNAME of old at "
                          "zone:5, so it is never asked for here"));
  EXPECT_NE(directory_.load("zone", "example.com", overlay_at("old.example.com")), nullptr) << "itself is not below";
}

TEST_F(ZoneFile, AnOverlayOutsideTheZoneOrTwiceIsAnError) {
  directory_.write("zone", std::string(kFileHead));
  EXPECT_EQ(directory_.load("zone", "example.com", overlay_at("www.example.org")), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("rhumb.json: /services/www.example.org: www.example.org is not in the zone example.com"));
  auto twice = overlay_at("www.example.com");
  twice.push_back(twice[0]);
  EXPECT_EQ(directory_.load("zone", "example.com", twice), nullptr);
  EXPECT_THAT(directory_.problems(),
              ElementsAre("rhumb.json: /services/www.example.com: www.example.com has a service already"));
}

// The demo's.

TEST(DemoZone, LoadsWithoutAWarning) {
  Problems problems;
  const auto file = (std::filesystem::path(RHUMB_TEST_DATA) / "../../zones/example.com.zone").lexically_normal();
  const auto zone = load_zone_file(file, *dns::Name::from_text("example.com"), {}, problems);
  EXPECT_THAT(problems.all(), IsEmpty());
  ASSERT_NE(zone, nullptr);
  EXPECT_GT(zone->record_count(), 20U);
}

// RFC 3597 §5: the data may be empty, and here no other record of the file has any.
TEST_F(ZoneFile, ComparesRecordsWithoutData) {
  directory_.write("zone", "a TYPE65280 \\# 0\na TYPE65280 \\# 0\n");
  EXPECT_EQ(directory_.load(), nullptr);
  EXPECT_THAT(directory_.problems(), ::testing::Contains(HasSubstr("zone:2: ")));
}

}  // namespace
}  // namespace rhumb::zone
