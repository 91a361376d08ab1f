#include "dns/codes.hpp"

#include <gtest/gtest.h>

namespace rhumb::dns {
namespace {

TEST(Type, ReadsNamesInAnyCaseAndUnknownTypesByNumber) {
  EXPECT_EQ(type_from_text("A"), type::kA);
  EXPECT_EQ(type_from_text("aaaa"), type::kAaaa);
  EXPECT_EQ(type_from_text("TYPE65280"), 65280);
  EXPECT_EQ(type_from_text("type1"), type::kA);
  for (const char* text : {"", "B", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "typ"})
    EXPECT_FALSE(type_from_text(text)) << text;
}

TEST(Type, WritesUnknownTypesByNumber) {
  EXPECT_EQ(type_to_text(type::kDname), "DNAME");
  EXPECT_EQ(type_to_text(65280), "TYPE65280");
}

}  // namespace
}  // namespace rhumb::dns
