#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace rhumb::cli {
namespace {

TEST(Table, IsAlignedByCharactersAndHasNoBlanksAtTheEnd) {
  Table table({"name", "state", "why"});
  table.add({{"zürich"}, {"up"}, {"HTTP 200"}});
  table.add({{"a"}, {"down"}, {""}});
  table.add({{""}, {""}, {"…"}});
  EXPECT_EQ(table.to_text(false),
            "name    state  why\n"
            "zürich  up     HTTP 200\n"
            "a       down\n"
            "               …\n");
}

TEST(Table, IsNothingWithoutRows) {
  const Table table({"name"});
  EXPECT_TRUE(table.is_empty());
  EXPECT_EQ(table.to_text(false), "");
}

TEST(Table, IsAsWideWithColour) {
  Table table({"name", "why"});
  table.add({{"a", Emphasis::alarm}, {"b"}});
  EXPECT_EQ(table.to_text(true),
            "\x1b[2mname\x1b[0m  \x1b[2mwhy\x1b[0m\n"
            "\x1b[31ma\x1b[0m     b\n");
}

TEST(Table, LetsNobodyWriteToTheTerminal) {
  Table table({"why"});
  table.add(
      {{"\x1b[2Jgone\n\x7F\xC2\x9B"
        "2J ü"}});
  EXPECT_EQ(table.to_text(false), "why\n?[2Jgone???2J ü\n");
}

}  // namespace
}  // namespace rhumb::cli
