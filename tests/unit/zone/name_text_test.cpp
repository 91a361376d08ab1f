#include "zone/name_text.hpp"

#include <string>

#include <gtest/gtest.h>

#include "dns/name.hpp"

namespace rhumb::zone {
namespace {

// The name's octets as text, or "! …" with what is wrong with it.
std::string read(std::string_view text) {
  const auto name = read_name(text, dns::Name::from_text("example.com")->wire());
  return name.fault.empty() ? std::string(name.wire.begin(), name.wire.end()) : "! " + name.fault;
}

// The octets of a string literal without its last, the one that C puts there.
template <std::size_t kSize>
std::string octets(const char (&literal)[kSize]) {
  return {literal, kSize - 1};
}

TEST(NameText, IsRelativeToTheOriginUnlessItEndsWithADot) {
  EXPECT_EQ(read("Www"), octets("\3Www\7example\3com\0"));
  EXPECT_EQ(read("a.b."), octets("\1a\1b\0"));
  EXPECT_EQ(read("@"), octets("\7example\3com\0"));
  EXPECT_EQ(read("."), octets("\0"));
}

TEST(NameText, HasEscapes) {
  EXPECT_EQ(read(R"(a\.b.)"), octets("\3a.b\0"));
  EXPECT_EQ(read(R"(\097\\.)"), octets("\2a\\\0"));
  EXPECT_EQ(read(R"(a\.)"), octets("\2a.\7example\3com\0")) << "an escaped dot ends no name";
  EXPECT_EQ(read(R"(a\\.)"), octets("\2a\\\0"));
  EXPECT_EQ(read(R"(\@.)"), octets("\1@\0"));
  EXPECT_EQ(read(R"(\000\255.)"), octets("\2\0\377\0"));
  for (const char* bad : {R"(a\256)", R"(a\1)", R"(a\12)", R"(a\12x)", R"(a\)"}) {
    EXPECT_EQ(read(bad), std::string("! \"") + bad + R"(" has a bad escape; it is \X or \DDD, up to \255)");
  }
}

TEST(NameText, EmptyLabelsAreNone) {
  for (const char* bad : {"a..b", "..", ".a", "a.."}) {
    EXPECT_EQ(read(bad), std::string("! \"") + bad + "\" is not a domain name, a label is empty");
  }
  EXPECT_EQ(read(""), "! a domain name is missing");
}

// RFC 1035 §2.3.4.
TEST(NameText, LabelsHave63OctetsAtMost) {
  EXPECT_EQ(read(std::string(63, 'a') + "."), "?" + std::string(63, 'a') + '\0');
  EXPECT_EQ(read("x." + std::string(64, 'a') + ".y"),
            "! the label \"" + std::string(60, 'a') + "…\" has 64 octets; 63 are allowed");
  EXPECT_EQ(read(std::string(62, 'a') + "\\097."), "?" + std::string(63, 'a') + '\0') << "an escape is one octet";
}

TEST(NameText, NamesHave255OctetsAtMostWithTheOrigin) {
  std::string most;
  for (int i = 0; i < 127; ++i)
    most += "a.";
  EXPECT_EQ(read(most).size(), 255U);
  EXPECT_EQ(read("a." + most), "! the name \"" + ("a." + most).substr(0, 60) + "…\" has 257 octets; 255 are allowed");
  const std::string relative = most.substr(0, 2 * 122 - 1);
  EXPECT_EQ(read(relative),
            "! the name \"" + relative.substr(0, 60) + "…\" has 257 octets with its origin; 255 are allowed");
  EXPECT_EQ(read(relative.substr(2)).size(), 255U);
}

TEST(NameText, ShowsWhatIsLongInPart) {
  EXPECT_EQ(shown_text("abc"), "\"abc\"");
  EXPECT_EQ(shown_text("\"abc\""), "\"abc\"") << "has its quotes already";
  EXPECT_EQ(shown_text(std::string(61, 'a')), '"' + std::string(60, 'a') + "…\"");
}

}  // namespace
}  // namespace rhumb::zone
