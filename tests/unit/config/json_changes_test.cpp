#include "config/json_changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> changes(std::string_view before, std::string_view after) {
  const JsonChanges found = find_changes(Json::parse(before), Json::parse(after), 100);
  EXPECT_EQ(found.left_out, 0U);
  return found.lines;
}

TEST(JsonChanges, NamesThePlaceAndBothValues) {
  EXPECT_THAT(changes(R"({"a": {"ttl": 30, "x": [1, 2]}, "b": "c"})", R"({"b": "d", "a": {"x": [1, 3], "ttl": 60}})"),
              ElementsAre("/b: \"c\" → \"d\"", "/a/x/1: 2 → 3", "/a/ttl: 30 → 60"));
  EXPECT_THAT(changes(R"({"a": 1})", R"({"a": 1})"), IsEmpty());
}

TEST(JsonChanges, TellsMembersThatAreNewOrGone) {
  EXPECT_THAT(changes(R"({"services": {"a": {}, "b": {}}})", R"({"services": {"c/d": {}, "b": {}}})"),
              ElementsAre("/services/c~1d: new", "/services/a: gone"));
}

TEST(JsonChanges, ListsOfOtherLengthsAreNotComparedByPlace) {
  EXPECT_THAT(changes(R"({"a": [1, 2, 3]})", R"({"a": [2, 3]})"), ElementsAre("/a: 3 elements → 2 elements"));
  EXPECT_THAT(changes(R"({"a": {"b": 1}})", R"({"a": [2, 3]})"), ElementsAre("/a: 1 members → 2 elements"));
}

TEST(JsonChanges, KeepsSecretsToItself) {
  EXPECT_THAT(changes(R"({"cookies": {"secrets": ["aa"]}, "secret": "bb"})",
                      R"({"cookies": {"secrets": ["cc"]}, "secret": "dd"})"),
              ElementsAre("/cookies/secrets: changed", "/secret: changed"));
}

TEST(JsonChanges, CutsLongValuesBetweenCharacters) {
  const std::string text(58, 'x');
  EXPECT_THAT(changes("{\"a\": 1}", "{\"a\": \"" + text + "ä€\"}"), ElementsAre("/a: 1 → \"" + text + "…"));
}

TEST(JsonChanges, CountsWhatItLeavesOut) {
  const JsonChanges found = find_changes(Json::parse("[1, 2, 3]"), Json::parse("[2, 3, 4]"), 1);
  EXPECT_THAT(found.lines, SizeIs(1));
  EXPECT_EQ(found.left_out, 2U);
}

}  // namespace
}  // namespace rhumb::config
