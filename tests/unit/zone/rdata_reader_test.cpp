#include "zone/rdata_reader.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace rhumb::zone {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The rdata in hexadecimal, or "! …" with what is wrong.
std::string read(std::string_view type_text, std::string_view text) {
  RdataReader reader;
  reader.set_origin(*dns::Name::from_text("example"));
  const auto type = RdataReader::type_from_text(type_text);
  if (!type) return "! no such type";
  if (const auto problem = reader.read(*type, type_text, text)) return "! " + *problem;
  std::string hex;
  for (const std::uint8_t octet : reader.rdata())
    hex += fmt::format("{:02x}", octet);
  return hex;
}

// Each agrees with named-rrchecker -u of BIND 9.18.49, if that knows the type.
TEST(RdataReader, ReadsEveryTypeThatHasATextForm) {
  const std::vector<std::pair<std::pair<const char*, const char*>, const char*>> all = {
      {{"A", "192.0.2.1"}, "c0000201"},
      {{"aaaa", "2001:db8::1"}, "20010db8000000000000000000000001"},
      {{"NS", "Ns1"}, "034e7331076578616d706c6500"},
      {{"CNAME", "a.b."}, "0161016200"},
      {{"PTR", "@"}, "076578616d706c6500"},
      {{"DNAME", "."}, "00"},
      {{"CNAME", "a\\.b"}, "03612e62076578616d706c6500"},
      {{"CNAME", "\\097\\\\."}, "02615c00"},
      {{"CNAME", "a\\."}, "02612e076578616d706c6500"},
      {{"CNAME", "\\@"}, "0140076578616d706c6500"},
      {{"CNAME", "@.X."}, "0140015800"},
      {{"SOA", "\\@ @ 1 2 3 4 5"},
       "0140076578616d706c6500 076578616d706c6500 00000001 00000002 00000003 00000004 00000005"},
      {{"NAPTR", "1 2 \"\" \"\" \"!^.*$!a@b!\" ."}, "0001000200000a215e2e2a24216140622100"},
      {{"SOA", "a. b. 4294967295 2h 3 1w1d 5"}, "016100016200ffffffff00001c2000000003000a8c0000000005"},
      {{"MX", "10 a."}, "000a016100"},
      {{"SRV", "1 2 65535 a."}, "00010002ffff016100"},
      {{"TXT", "\"a b\" c \"\" \"\\\"\\200;\""}, "036120620163000322c83b"},
      {{"HINFO", "a \"b c\""}, "016103622063"},
      {{"RP", "a. b."}, "016100016200"},
      {{"AFSDB", "1 a."}, "0001016100"},
      {{"WKS", "192.0.2.1 tcp smtp"}, "c0000201060000 0040"},
      {{"LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"}, "000016138b3cf018810cbce0009895b8"},
      {{"NAPTR", "1 2 \"s\" \"x\" \"\" a."}, "00010002017301 7800016100"},
      {{"KX", "1 a."}, "0001016100"},
      {{"CERT", "1 2 3 AQNR"}, "0001000203010351"},
      {{"APL", "1:192.0.2.0/24 !2:2001:db8::/32"}, "00011803c00002 0002208420010db8"},
      {{"DS", "1 8 2 00 11"}, "000108020011"},
      {{"SSHFP", "1 2 0011"}, "01020011"},
      {{"IPSECKEY", "10 1 2 192.0.2.1 AQNR"}, "0a0102c0000201010351"},
      {{"DNSKEY", "257 3 13 AQNR AQNR"}, "0101030d010351010351"},
      {{"NSEC", "a. A MX"}, "0161000002 4001"},
      {{"NSEC3PARAM", "1 0 5 -"}, "0100000500"},
      {{"TLSA", "3 1 1 00 11"}, "0301010011"},
      {{"OPENPGPKEY", "AQNR"}, "010351"},
      {{"CSYNC", "1 3 A NS"}, "00000001000300 0160"},
      {{"ZONEMD", "1 1 1 00112233445566778899aabb"}, "00000001010100112233445566778899aabb"},
      {{"SVCB", "1 . alpn=h2"}, "0001000001000302 6832"},
      {{"HTTPS", "0 a."}, "0000016100"},
      {{"SPF", "a"}, "0161"},
      {{"NID", "10 0014:4fff:ff20:ee64"}, "000a00144fffff20ee64"},
      {{"L32", "10 192.0.2.1"}, "000ac0000201"},
      {{"LP", "10 a."}, "000a016100"},
      {{"EUI48", "00-00-5e-00-53-2a"}, "00005e00532a"},
      {{"URI", "10 1 \"ftp://a/(;)\""}, "000a00016674703a2f2f612f283b29"},
      {{"CAA", "0 issue \"ca.example; x=y\""}, "0005697373756563612e6578616d706c653b20783d79"},
      {{"CAA", "128 tbs Unknown"}, "8003746273556e6b6e6f776e"},
      {{"MD", "a."}, "016100"},
      {{"MF", "a."}, "016100"},
      {{"MB", "a."}, "016100"},
      {{"MG", "a."}, "016100"},
      {{"MR", "a."}, "016100"},
      {{"NULL", "\\# 3 010203"}, "010203"},
      {{"MINFO", "a. b."}, "016100016200"},
      {{"X25", "311061700956"}, "0c333131303631373030393536"},
      {{"ISDN", "150862028003217 004"}, "0f31353038363230323830303332313703303034"},
      {{"ISDN", "150862028003217"}, "0f313530383632303238303033323137"},
      {{"RT", "10 a."}, "000a016100"},
      {{"NSAP", "0x47.0005.80"}, "47000580"},
      {{"NSAP-PTR", "a"}, "0161076578616d706c6500"},
      {{"SIG", "A 8 1 300 20301231000000 20201231000000 1 a. AQNR"},
       "000108010000012c72bbba805fed14800001016100010351"},
      {{"RRSIG", "A 8 1 300 20301231000000 20201231000000 1 a. AQNR"},
       "000108010000012c72bbba805fed14800001016100010351"},
      {{"KEY", "256 3 8 AQNR"}, "01000308010351"},
      {{"PX", "10 a. b."}, "000a016100016200"},
      {{"GPOS", "-32.6882 116.8652 10.0"}, "082d33322e36383832083131362e383635320431302e30"},
      {{"EID", "0102ab"}, "0102ab"},
      {{"NIMLOC", "0102ab"}, "0102ab"},
      {{"LOC", "52 N 4 E 0m"}, "001216138b28720080dbba0000989680"},
      {{"APL", ""}, ""},
      {{"IPSECKEY", "10 0 2 . AQNR"}, "0a0002010351"},
      {{"IPSECKEY", "10 2 2 2001:db8::1 AQNR"}, "0a020220010db8000000000000000000000001010351"},
      {{"IPSECKEY", "10 3 2 a. AQNR"}, "0a0302016100010351"},
      {{"DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
       "000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40"},
      {{"NSEC3", "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG"},
       "0101000c04aabbccdd1417f3df17b2b2adaef615257de4d2020b80ac6c7c0006400000000002"},
      {{"SMIMEA", "3 1 1 00 11"}, "0301010011"},
      {{"HIP", "2 20010010 AQNR a. b."}, "04020003 20010010 010351 016100 016200"},
      {{"TALINK", "a. b."}, "016100016200"},
      {{"CDS", "0 0 0 00"}, "0000000000"},
      {{"CDNSKEY", "0 3 0 AA=="}, "0000030000"},
      {{"L64", "10 2001:0DB8:1140:1000"}, "000a20010db811401000"},
      {{"EUI64", "00-00-5e-ef-10-00-00-2a"}, "00005eef1000002a"},
      {{"DLV", "1 8 2 00 11"}, "000108020011"},
      // Not known to ldns, and read as others that look the same.
      {{"NINFO", "a \"b c\""}, "016103622063"},
      {{"RKEY", "0 3 8 AQNR"}, "00000308010351"},
      {{"AVC", "\"a\" \"b\""}, "01610162"},
      {{"RESINFO", "qnamemin exterr=15"}, "08716e616d656d696e096578746572723d3135"},
      {{"wallet", "\"a\" \"b\""}, "01610162"},
      {{"TA", "1 8 2 00 11"}, "000108020011"},
      {{"TYPE262", "\\# 2 0161"}, "0161"},
  };
  for (const auto& [record, expected] : all) {
    std::string hex = expected;
    std::erase(hex, ' ');
    EXPECT_EQ(read(record.first, record.second), hex) << record.first << ' ' << record.second;
  }
}

// RFC 3597 §5.
TEST(RdataReader, ReadsTheGenericFormOfAnyType) {
  EXPECT_EQ(read("TYPE65280", "\\# 3 abcdef"), "abcdef");
  EXPECT_EQ(read("TYPE65280", "\\# 3 ab cd EF"), "abcdef");
  EXPECT_EQ(read("type65280", "\\# 0"), "");
  EXPECT_EQ(read("A", "\\# 4 C0000201"), "c0000201");
  EXPECT_EQ(read("TYPE1", "192.0.2.1"), "c0000201");
  EXPECT_EQ(read("TXT", "\"\\# 1 00\""), "06232031203030") << "in quotes it is a string";
}

TEST(RdataReader, RefusesAGenericFormThatIsNotTheTypes) {
  for (const auto& [type, text] : std::vector<std::pair<const char*, const char*>>{
           {"TYPE65280", "\\# 3 abcd"},
           {"TYPE65280", "\\# 3 zzcdef"},
           {"TYPE65280", "\\# 3 abcdef01"},
           {"TYPE65280", "\\# 3 abcdef 01"},
           {"TYPE65280", "\\# 2 abc"},
           {"TYPE65280", "\\# x ab"},
           {"TYPE65280", "\\# 65536 ab"},
           {"TYPE65280", "\\#"},
           {"TYPE65280", "hello"},
           {"TYPE65280", ""},
           {"A", "\\# 3 010203"},
           {"A", "\\# 5 0102030405"},
           {"A", "\\# 0"},
           {"NS", "\\# 0"},
           {"SOA", "\\# 0"},
           {"SOA", "\\# 6 016100016200"},
           {"MX", "\\# 4 000ac00c"},
           {"CNAME", "\\# 4 01610000"},
           {"NS", "\\# 2 0161"},
           {"SOA", "\\# 2 0000"},
           {"SVCB", "\\# 3 000000 00"},
           {"HTTPS", "\\# 15 000100 00030002 0001 00030002 0001"},
           {"TYPE262", "\\# 1 05"},
       }) {
    EXPECT_THAT(read(type, text), HasSubstr("!")) << type << ' ' << text;
  }
}

TEST(RdataReader, SaysWhatIsWrong) {
  EXPECT_EQ(read("A", "192.0.2.400"), "! \"192.0.2.400\" is not the data of a A record");
  EXPECT_EQ(read("A", "192.0.2.4 5"), "! there is more in the A record than belongs to it: \"192.0.2.4 5\"");
  EXPECT_EQ(read("MX", "10"), "! the MX record is incomplete: \"10\"");
  EXPECT_EQ(read("MX", "10 a..b"), "! \"a..b\" is not a domain name, a label is empty");
  EXPECT_EQ(read("TXT", "\"\\256\""), "! \"\\256\" is not the data of a TXT record");
  EXPECT_THAT(read("TXT", std::string(300, 'a')), AllOf(HasSubstr("is not the data"), HasSubstr("aaa…")));
}

TEST(RdataReader, TypesThatNobodyReadsAreReadInTheGenericForm) {
  EXPECT_EQ(read("A6", "0 2001:db8::1"),
            "! the data of a A6 record can be written in the generic form only: \\# LENGTH HEX (RFC 3597)");
  EXPECT_THAT(read("NXT", "a. A MX"), HasSubstr("generic form only"));
  EXPECT_THAT(read("ATMA", "+61200000000"), HasSubstr("generic form only"));
  EXPECT_THAT(read("SINK", "1 0 0 AQNR"), HasSubstr("generic form only"));
  for (const char* type : {"NXT", "ATMA", "A6", "SINK", "TYPE260"}) {
    EXPECT_EQ(read(type, "\\# 3 010203"), "010203") << type;
    EXPECT_THAT(read(type, "\\# 3 0102"), HasSubstr("is not the data of a")) << type;
  }
  EXPECT_EQ(read("CSYNC", "\\# 6 000000420003"), "000000420003");
  EXPECT_EQ(read("IPSECKEY", "\\# 3 0a0000"), "0a0000");
}

TEST(RdataReader, SaysWhatIsWrongWithServiceBindings) {
  EXPECT_EQ(read("HTTPS", "1 . port=70000"), "! HTTPS record: \"70000\" is not a port");
  EXPECT_EQ(read("SVCB", "\\# 15 000100 00030002 0001 00030002 0001"),
            "! SVCB record: \"port\" stands twice (RFC 9460 §2.1)");
}

// ldns keeps the lower bits.
TEST(RdataReader, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(read("MX", "70000 a."), "! 70000 in the MX record is too large a number for its field");
  EXPECT_THAT(read("DNSKEY", "257 256 13 AQNR"), HasSubstr("256 in the DNSKEY record is too large"));
  EXPECT_THAT(read("SOA", "a b 4294967296 2 3 4 5"), HasSubstr("4294967296 in the SOA record is too large"));
  EXPECT_THAT(read("SOA", "a b 1 2 3 4 99999999999999999999999"), HasSubstr("is too large"));
  EXPECT_THAT(read("SRV", "1 2 65536 a."), HasSubstr("65536 in the SRV record is too large"));
}

TEST(RdataReader, RefusesNamesInQuotes) {
  EXPECT_EQ(read("CNAME", "\"ns1\""), "! \"ns1\" is in quotes; a domain name has none");
  EXPECT_THAT(read("MX", "10 \"ns1\""), HasSubstr("is in quotes"));
}

TEST(RdataReader, KnowsTypesByNameAndNumber) {
  EXPECT_EQ(RdataReader::type_from_text("A"), 1);
  EXPECT_EQ(RdataReader::type_from_text("Tlsa"), 52);
  EXPECT_EQ(RdataReader::type_from_text("TYPE70000"), std::nullopt);
  EXPECT_EQ(RdataReader::type_from_text("TYPEA"), std::nullopt);
  EXPECT_EQ(RdataReader::type_from_text("FOO"), std::nullopt);
  EXPECT_EQ(RdataReader::type_from_text(""), std::nullopt);
  EXPECT_EQ(RdataReader::type_from_text("GPOS"), 27) << "known to ldns only";
}

}  // namespace
}  // namespace rhumb::zone
