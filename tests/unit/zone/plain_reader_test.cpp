#include "zone/plain_reader.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <ldns/ldns.h>

#include "dns/name.hpp"
#include "random_seeds.hpp"
#include "zone/name_text.hpp"

namespace rhumb::zone {
namespace {

using Octets = std::vector<std::uint8_t>;

const dns::Name kOrigin = *dns::Name::from_text("example.com");
constexpr dns::Type kTypes[] = {dns::type::kA,     dns::type::kAaaa,  dns::type::kNs,
                                dns::type::kCname, dns::type::kDname, dns::type::kPtr,
                                dns::type::kMx,    dns::type::kSrv,   dns::type::kTxt};

std::optional<Octets> plain(dns::Type type, std::string_view text) {
  Octets rdata;
  const bool is_plain = append_plain_rdata(type, text, kOrigin.wire(), rdata);
  EXPECT_TRUE(is_plain || rdata.empty()) << "what is not plain leaves nothing behind: " << text;
  return is_plain ? std::optional(rdata) : std::nullopt;
}

std::optional<Octets> with_ldns(dns::Type type, const std::string& text) {
  const std::unique_ptr<ldns_rdf, void (*)(ldns_rdf*)> origin(
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, kOrigin.wire().size(), kOrigin.wire().data()), ldns_rdf_deep_free);
  ldns_rr* record = nullptr;
  const std::string line = ". 0 IN TYPE" + std::to_string(type) + " " + text;
  if (ldns_rr_new_frm_str(&record, line.c_str(), 0, origin.get(), nullptr) != LDNS_STATUS_OK) return std::nullopt;
  Octets rdata;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record, i);
    rdata.insert(rdata.end(), ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
  }
  ldns_rr_free(record);
  return rdata;
}

std::string random_word(std::mt19937& random) {
  constexpr std::string_view kWords[] = {"192.0.2.1",
                                         "255.255.255.255",
                                         "1.2.3.04",
                                         "1.2.3",
                                         "256.1.1.1",
                                         "0.0.0.0",
                                         "2001:db8::1",
                                         "::",
                                         "::ffff:192.0.2.1",
                                         "1::2::3",
                                         "fe80::1%1",
                                         "0",
                                         "10",
                                         "65535",
                                         "65536",
                                         "007",
                                         "-1",
                                         "+1",
                                         "www",
                                         "www.example.net.",
                                         ".",
                                         "@",
                                         "a..b",
                                         "*.a",
                                         "_sip._tcp",
                                         "a/b",
                                         "\"quoted text\"",
                                         "\"\"",
                                         "\"a@b\"",
                                         "\"",
                                         "\\065",
                                         "v=spf1",
                                         "~all",
                                         "\"a;b\"",
                                         "x\\.y",
                                         ".a",
                                         "a.",
                                         "\\#",
                                         "4",
                                         "C0000201"};
  std::string word(kWords[random() % std::size(kWords)]);
  switch (random() % 12) {
    case 0:
      return word + word;
    case 1:
      return word.substr(random() % word.size());
    case 2:
      return std::string(60 + random() % 8, 'a') + "." + word;
    case 3:
      return "\"" + std::string(250 + random() % 10, 'b') + "\"";
    default:
      return word;
  }
}

// The rule that lets ldns be done without: whatever is plain is to ldns what it is here.
TEST(PlainReader, AcceptsNothingThatLdnsReadsInAnotherWay) {
  std::size_t plain_count = 0;
  for (std::uint32_t seed = 0; seed < seeds(5'000); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string text = random_word(random);
    for (auto more = random() % 4; more > 0; --more)
      text += " " + random_word(random);
    const dns::Type type = kTypes[random() % std::size(kTypes)];
    const auto read = plain(type, text);
    if (!read) continue;
    ++plain_count;
    ASSERT_EQ(read, with_ldns(type, text)) << type << " " << text;
  }
  EXPECT_GT(plain_count, 500U);
}

TEST(PlainReader, ReadsWhatIsCommon) {
  EXPECT_EQ(plain(dns::type::kA, "192.0.2.1"), (Octets{192, 0, 2, 1}));
  EXPECT_EQ(plain(dns::type::kMx, "10 Mail"), with_ldns(dns::type::kMx, "10 Mail"));
  EXPECT_EQ(plain(dns::type::kSrv, "1 2 65535 sip.example.net."),
            with_ldns(dns::type::kSrv, "1 2 65535 sip.example.net."));
  EXPECT_EQ(plain(dns::type::kTxt, "\"v=spf1 -all\" a"), with_ldns(dns::type::kTxt, "\"v=spf1 -all\" a"));
  EXPECT_EQ(plain(dns::type::kCname, "@"), Octets(kOrigin.wire().begin(), kOrigin.wire().end()));
}

TEST(PlainReader, LeavesTheRestToOthers) {
  EXPECT_EQ(plain(dns::type::kA, "192.0.2.1 192.0.2.2"), std::nullopt);
  EXPECT_EQ(plain(dns::type::kA, "\\# 4 C0000201"), std::nullopt);
  EXPECT_EQ(plain(dns::type::kCname, "\"a\""), std::nullopt);
  EXPECT_EQ(plain(dns::type::kCname, "\\@"), std::nullopt);
  EXPECT_EQ(plain(dns::type::kMx, "70000 a"), std::nullopt);
  EXPECT_EQ(plain(dns::type::kSoa, "a b 1 2 3 4 5"), std::nullopt);
}

// Owners are read like this too.
TEST(PlainReader, NamesAreThoseThatReadNameReads) {
  for (std::uint32_t seed = 0; seed < seeds(2'000); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string text;
    for (auto size = 1 + random() % 40; size > 0; --size)
      text += random() % 6 == 0 ? "." : std::string(1 + random() % 9, "abZ09-_*\\@"[random() % 10]);
    Octets wire;
    if (!append_plain_name(text, kOrigin.wire(), wire)) continue;
    const ReadName name = read_name(text, kOrigin.wire());
    ASSERT_EQ(name.fault, "") << text;
    ASSERT_EQ(wire, name.wire) << text;
  }
}

TEST(PlainReader, NamesMayBeAsLongAsNamesAre) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(49, 'b');  // 255 with example.com
  Octets wire;
  EXPECT_TRUE(append_plain_name(longest, kOrigin.wire(), wire));
  EXPECT_EQ(wire.size(), dns::kNameMax);
  EXPECT_FALSE(append_plain_name(longest + "b", kOrigin.wire(), wire));
  EXPECT_FALSE(append_plain_name(label + "a", kOrigin.wire(), wire));
  EXPECT_FALSE(append_plain_name(label + "a.", kOrigin.wire(), wire));
  EXPECT_EQ(wire.size(), dns::kNameMax);
}

}  // namespace
}  // namespace rhumb::zone
