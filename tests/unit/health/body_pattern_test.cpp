#include "health/body_pattern.hpp"

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string problem_of(const std::string& text) {
  try {
    const BodyPattern pattern(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(BodyPattern, IsFoundAnywhere) {
  const BodyPattern pattern(R"re("state":\s*"(ok|busy)")re");
  EXPECT_TRUE(pattern.is_found_in(R"({"state": "ok"})"));
  EXPECT_TRUE(pattern.is_found_in("{\"since\": 1,\n \"state\":\n\"busy\"}"));
  EXPECT_FALSE(pattern.is_found_in(R"({"state": "down"})"));
  EXPECT_FALSE(pattern.is_found_in(""));
  EXPECT_TRUE(BodyPattern("ok").is_found_in(std::string("\0ok", 3)));
}

TEST(BodyPattern, SaysWhatIsWrong) {
  EXPECT_THAT(problem_of("a(b"), HasSubstr("missing ): a(b"));
  EXPECT_THAT(problem_of("[a"), HasSubstr("missing ]"));
  EXPECT_THAT(problem_of("(?=x)"), HasSubstr("invalid perl operator: (?="));
  EXPECT_THAT(problem_of("((a{100}){100}){100}"), HasSubstr("invalid repetition size"));
  EXPECT_THAT(problem_of("a{900}"), MatchesRegex("too large: 9[0-9][0-9] instructions of at most 512"));
  EXPECT_EQ(problem_of("(a{10}){10}"), "");
  EXPECT_EQ(problem_of(std::string(256, 'x')), "");
}

// With backtracking this would take longer than the sun has left.
TEST(BodyPattern, TakesTimeInProportionToTheBody) {
  const std::string body(1024 * 1024, 'a');
  EXPECT_FALSE(BodyPattern("(a*)*(a*)*(a*)*b").is_found_in(body));
  EXPECT_FALSE(BodyPattern("(x+x+)+y").is_found_in(std::string(1024 * 1024, 'x')));
}

}  // namespace
}  // namespace rhumb::health
