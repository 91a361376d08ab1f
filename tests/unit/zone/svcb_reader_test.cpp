#include "zone/svcb_reader.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "dns/name.hpp"

namespace rhumb::zone {
namespace {

using ::testing::HasSubstr;

std::string hex_of(Bytes octets) {
  std::string hex;
  for (const std::uint8_t octet : octets)
    hex += fmt::format("{:02x}", octet);
  return hex;
}

// The rdata in hexadecimal, or "! …" with what is wrong.
std::string read_params(std::string_view text) {
  const auto svcb = read_svcb(text, dns::Name::from_text("example.com")->wire());
  return svcb.fault.empty() ? hex_of(svcb.rdata) : "! " + svcb.fault;
}

constexpr const char* kTarget = "0001 03666f6f00";  // "1 foo."

// RFC 9460 appendix D, all of it, and what named-rrchecker -u of BIND 9.18.49 makes of the others.
TEST(SvcbReader, GivesTheVectorsOfTheRfc) {
  const std::vector<std::pair<const char*, const char*>> all = {
      {"0 foo.example.com.", "0000 03666f6f076578616d706c6503636f6d00"},
      {"1 .", "0001 00"},
      {"16 foo.example.com. port=53", "0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035"},
      {"1 foo.example.com. key667=hello", "0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f"},
      {R"(1 foo.example.com. key667="hello\210qoo")",
       "0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f"},
      {R"(1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1")",
       "0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 "
       "20010db8000000000000000000530001"},
      {R"(1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33")",
       "0001 076578616d706c6503636f6d00 0006 0010 20010db8012203440000 0000c0000221"},
      {"16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
       "0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 "
       "c0000201"},
      {R"(16 foo.example.org. alpn="f\\\\oo\\,bar,h2")",
       "0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832"},
      {R"(16 foo.example.org. alpn=f\\\092oo\092,bar,h2)",
       "0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832"},
  };
  for (const auto& [text, expected] : all) {
    std::string hex = expected;
    std::erase(hex, ' ');
    EXPECT_EQ(read_params(text), hex) << text;
  }
}

TEST(SvcbReader, ReadsEveryKey) {
  const std::vector<std::pair<const char*, const char*>> all = {
      {"port=443 alpn=h2", "0001 0003 026832 0003 0002 01bb"},
      {R"(port="443")", "0003 0002 01bb"},
      {"port=0", "0003 0002 0000"},
      {"no-default-alpn alpn=h3", "0001 0003 026833 0002 0000"},
      {R"(no-default-alpn="" alpn=h3)", "0001 0003 026833 0002 0000"},
      {"ipv4hint=192.0.2.1,192.0.2.2", "0004 0008 c0000201 c0000202"},
      {"ech=AQIDBA==", "0005 0004 01020304"},
      {R"(ech="AQIDBA==")", "0005 0004 01020304"},
      {"dohpath=/dns-query{?dns}", "0007 0010 2f646e732d71756572797b3f646e737d"},
      {"ohttp", "0008 0000"},
      {"key667", "029b 0000"},
      {"key667=", "029b 0000"},
      {R"(key667="a b;c")", "029b 0005 6120623b63"},
      {R"(key667=a\"b)", "029b 0003 612262"},
      {"key65535=a", "ffff 0001 61"},
      {"mandatory=key667 key667=x", "0000 0002 029b 029b 0001 78"},
      // §2.1: the value of a key by number is what goes on the wire, for those that have a name too.
      {R"(key3=\001\187)", "0003 0002 01bb"},
      {R"(key1=\002h2)", "0001 0003 026832"},
      {"mandatory=key3 port=1", "0000 0002 0003 0003 0002 0001"},
  };
  for (const auto& [text, expected] : all) {
    std::string hex = std::string(kTarget) + expected;
    std::erase(hex, ' ');
    EXPECT_EQ(read_params(std::string("1 foo. ") + text), hex) << text;
  }
}

TEST(SvcbReader, KeepsTheCaseOfTheTargetAndCompletesIt) {
  EXPECT_EQ(read_params("1 Foo"), "000103466f6f076578616d706c6503636f6d00");
  EXPECT_EQ(read_params("1 @"), "0001076578616d706c6503636f6d00");
}

// RFC 9460 §2.4.2: clients ignore the parameters of an alias; every other server takes them.
TEST(SvcbReader, AnAliasMayHaveParameters) {
  EXPECT_EQ(read_params("0 foo. port=1"), "000003666f6f00000300020001");
}

TEST(SvcbReader, SaysWhatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> all = {
      {"", "\"\" is not a priority, a number up to 65535"},
      {"65536 .", "\"65536\" is not a priority, a number up to 65535"},
      {"1", "a domain name is missing"},
      {"1 a..b", "\"a..b\" is not a domain name, a label is empty"},
      {"1 . port=1 port=2", "\"port\" stands twice (RFC 9460 §2.1)"},
      {"1 . port=1 key3=\\000\\001", "\"port\" stands twice (RFC 9460 §2.1)"},
      {"1 . port=70000", "\"70000\" is not a port"},
      {"1 . port=", "\"\" is not a port"},
      {"1 . port", "\"\" is not a port"},
      {"1 . port=+1", "\"+1\" is not a port"},
      {"1 . mandatory=port", "\"port\" is mandatory and not there (RFC 9460 §8)"},
      {"1 . mandatory=mandatory", "\"mandatory\" must not name itself (RFC 9460 §8)"},
      {"1 . mandatory=port,port port=1", "\"port\" stands twice in \"mandatory\", or not in order"},
      {"1 . mandatory=", "\"mandatory\" must be a list with commas between, none of it empty"},
      {"1 . mandatory=foo", "\"foo\" in \"mandatory\" is not a key"},
      {"1 . alpn=", "\"alpn\" must be a list with commas between, none of it empty"},
      {"1 . alpn", "\"alpn\" must be a list with commas between, none of it empty"},
      {"1 . alpn=h2,,h3", "\"alpn\" must be a list with commas between, none of it empty"},
      {"1 . no-default-alpn", "\"no-default-alpn\" needs \"alpn\" (RFC 9460 §7.1.1)"},
      {"1 . no-default-alpn=x alpn=h2", "the value of \"no-default-alpn\" is not what it must be"},
      {"1 . ipv4hint=192.0.2.256", "\"192.0.2.256\" is not an IPv4 address"},
      {"1 . ipv4hint=2001:db8::1", "\"2001:db8::1\" is not an IPv4 address"},
      {"1 . ipv6hint=192.0.2.1", "\"192.0.2.1\" is not an IPv6 address"},
      {"1 . ipv4hint=192.0.2.1,", "\"ipv4hint\" must be a list with commas between, none of it empty"},
      {"1 . ech=!", "\"ech\" must be base 64"},
      {"1 . ech=", "\"ech\" must be base 64"},
      {"1 . ALPN=h2", "\"ALPN\" is not a key of a service's parameters; unknown ones are written key667"},
      {"1 . key08=x", "\"key08\" is not a key of a service's parameters; unknown ones are written key667"},
      {"1 . key65536=x", "\"key65536\" is not a key of a service's parameters; unknown ones are written key667"},
      {"1 . =x", "\"\" is not a key of a service's parameters; unknown ones are written key667"},
      {R"(1 . key667="a"b)", "\"a\"b is not a value of \"key667\""},
      {R"(1 . key667=\256)", "\"\\256\" is not a value of \"key667\""},
      {R"(1 . key3=\001)", "the value of \"port\" is not what it must be"},
  };
  for (const auto& [text, expected] : all) {
    EXPECT_EQ(read_params(text), std::string("! ") + expected) << text;
  }
  EXPECT_EQ(read_params("1 . alpn=" + std::string(256, 'a')), "! an alpn has 255 octets at most");
}

TEST(SvcbReader, ChecksWireFormToo) {
  const auto fault_of = [](std::vector<std::uint8_t> rdata) { return find_svcb_fault(rdata).value_or(""); };
  EXPECT_EQ(fault_of({0, 1, 0}), "");
  EXPECT_EQ(fault_of({0, 1, 1, 'a', 0, 0, 3, 0, 2, 0, 1, 0, 7, 0, 1, '/'}), "");
  for (const std::vector<std::uint8_t>& cut : std::vector<std::vector<std::uint8_t>>{{},
                                                                                     {0},
                                                                                     {0, 1},
                                                                                     {0, 1, 1},
                                                                                     {0, 1, 1, 'a'},
                                                                                     {0, 1, 64, 0},
                                                                                     {0, 1, 0, 0},
                                                                                     {0, 1, 0, 0, 3, 0},
                                                                                     {0, 1, 0, 0, 3, 0, 2, 0}}) {
    EXPECT_EQ(fault_of(cut), "the data is cut off") << hex_of(cut);
  }
  EXPECT_EQ(fault_of({0, 1, 0, 0, 7, 0, 1, '/', 0, 3, 0, 2, 0, 1}), "the keys are not in order (RFC 9460 §2.2)");
  EXPECT_THAT(fault_of({0, 1, 0, 0, 0, 0, 4, 0, 3, 0, 1, 0, 1, 0, 2, 1, 'a', 0, 3, 0, 2, 0, 1}),
              HasSubstr("in \"mandatory\", or not in order"));
  EXPECT_THAT(fault_of({0, 1, 0, 0, 1, 0, 2, 2, 'a'}), HasSubstr("the value of \"alpn\""));
  EXPECT_THAT(fault_of({0, 1, 0, 0, 1, 0, 0}), HasSubstr("the value of \"alpn\""));
}

}  // namespace
}  // namespace rhumb::zone
