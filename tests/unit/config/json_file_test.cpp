#include "config/json_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using testing::ElementsAre;

class ParseJsonFile : public testing::Test {
 protected:
  std::optional<Json> parse(std::string_view text) {
    const auto file = directory_.write("c.json", text);
    auto document = parse_json_file(file, problems_);
    for (const Problem& problem : problems_.all()) {
      messages_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
    }
    return document;
  }

  test::TemporaryDirectory directory_;
  Problems problems_;
  std::vector<std::string> messages_;
};

TEST_F(ParseJsonFile, TakesComments) {
  const auto document = parse("{ // one\n /* two */ \"a\": 1 }");
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)["a"], 1);
}

TEST_F(ParseJsonFile, TellsLineAndColumnOfASyntaxError) {
  EXPECT_FALSE(parse("{\n  \"a\": 1,\n  \"b\" 2\n}"));
  ASSERT_EQ(messages_.size(), 1U);
  EXPECT_THAT(messages_[0], testing::StartsWith("c.json:3:7: "));
  EXPECT_THAT(messages_[0], testing::HasSubstr("expected ':'"));
}

TEST_F(ParseJsonFile, RefusesAnEmptyFile) {
  EXPECT_FALSE(parse(""));
}

TEST_F(ParseJsonFile, RefusesAKeyThatStandsTwice) {
  EXPECT_FALSE(parse(R"({"a": [1, {"x/y": 1, "x/y": 2}], "b": {"c": 1}, "d": {"c": 1}})"));
  EXPECT_THAT(messages_, ElementsAre("c.json: /a/1/x~1y: stands twice; remove one of them"));
}

TEST_F(ParseJsonFile, RefusesANumberThatNoDoubleHolds) {
  EXPECT_FALSE(parse(R"({"a": {"b": [1, 1e999]}})"));
  EXPECT_FALSE(parse("-1e999"));
  EXPECT_THAT(messages_, testing::Contains("c.json: /a/b/1: number overflow parsing '1e999'"));
  EXPECT_THAT(messages_, testing::Contains("c.json: /: number overflow parsing '-1e999'"));
}

TEST_F(ParseJsonFile, RefusesWhatIsNestedTooDeep) {
  EXPECT_TRUE(parse(std::string(32, '[') + std::string(32, ']')));
  EXPECT_THAT(messages_, testing::IsEmpty());
  EXPECT_FALSE(parse(R"({"a": )" + std::string(100'000, '[')));
  ASSERT_EQ(messages_.size(), 1U);
  EXPECT_THAT(messages_[0], testing::StartsWith("c.json: /a/0/0/"));
  EXPECT_THAT(messages_[0], testing::HasSubstr("more than 32 levels"));
}

TEST_F(ParseJsonFile, TellsWhyAFileCannotBeRead) {
  EXPECT_FALSE(parse_json_file("/nonexistent/c.json", problems_));
  EXPECT_EQ(problems_.all().at(0).to_string(), "/nonexistent/c.json: No such file or directory");
}

}  // namespace
}  // namespace rhumb::config
