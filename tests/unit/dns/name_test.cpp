#include "dns/name.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::dns {
namespace {

TEST(Name, ReadsTextWithAndWithoutTheFinalDot) {
  EXPECT_EQ(Name::from_text("www.Example.COM"), Name::from_text("www.example.com."));
  EXPECT_EQ(Name::from_text("www.example.com")->to_text(), "www.example.com");
  EXPECT_EQ(Name::from_text(".")->to_text(), ".");
  EXPECT_TRUE(Name::from_text(".")->is_root());
}

TEST(Name, KeepsEscapedOctets) {
  const auto name = Name::from_text("a\\.b\\032c\\\\.example");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->label_count(), 2U);
  EXPECT_EQ(name->wire()[0], 6);
  EXPECT_EQ(name->to_text(), "a\\.b\\032c\\\\.example");
}

TEST(Name, RefusesWhatIsNoName) {
  const std::string long_label(64, 'a');
  const std::string four_labels = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  for (const std::string& text : std::vector<std::string>{"", "..", "a..b", ".a", "a\\", "a\\25", "a\\256", long_label,
                                                          four_labels + std::string(62, 'd')}) {
    EXPECT_FALSE(Name::from_text(text)) << text;
  }
  EXPECT_TRUE(Name::from_text(std::string(63, 'a')));
  EXPECT_TRUE(Name::from_text(four_labels + std::string(61, 'd'))) << "255 octets are allowed";
}

TEST(Name, ReadsWireWithoutCompressionOnly) {
  const std::vector<std::uint8_t> good{3, 'W', 'w', 'w', 0};
  EXPECT_EQ(Name::from_wire(good)->to_text(), "www");
  EXPECT_FALSE(Name::from_wire(std::vector<std::uint8_t>{3, 'w', 'w', 'w'}));
  EXPECT_FALSE(Name::from_wire(std::vector<std::uint8_t>{3, 'w', 'w', 'w', 0, 0}));
  EXPECT_FALSE(Name::from_wire(std::vector<std::uint8_t>{0xC0, 0}));
  EXPECT_FALSE(Name::from_wire({}));
}

TEST(Name, KnowsItsAncestors) {
  const Name name = *Name::from_text("a.b.example.com");
  EXPECT_TRUE(name.is_at_or_below(*Name::from_text("example.com")));
  EXPECT_TRUE(name.is_at_or_below(name));
  EXPECT_TRUE(name.is_at_or_below(Name()));
  EXPECT_FALSE(name.is_at_or_below(*Name::from_text("c.b.example.com")));
  EXPECT_FALSE(Name::from_text("badexample.com")->is_at_or_below(*Name::from_text("example.com")));
  EXPECT_FALSE(Name::from_text("com")->is_at_or_below(*Name::from_text("example.com")));
  EXPECT_EQ(name.parent(), Name::from_text("b.example.com"));
}

TEST(Name, WildcardIsAFirstLabelOfOneAsterisk) {
  EXPECT_TRUE(Name::from_text("*.example.com")->is_wildcard());
  EXPECT_FALSE(Name::from_text("*a.example.com")->is_wildcard());
  EXPECT_FALSE(Name::from_text("a.*.example.com")->is_wildcard());
}

}  // namespace
}  // namespace rhumb::dns
