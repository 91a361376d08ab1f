#include "health/load.hpp"

#include <cmath>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::health {
namespace {

using ::testing::HasSubstr;

TEST(ReadLoad, TakesANumberAPercentageOrAValueAndItsLimit) {
  for (const auto& [text, load] : {std::pair("0.73", 0.73),
                                   {"0", 0.0},
                                   {"1", 1.0},
                                   {".5", 0.5},
                                   {"1.25", 1.25},
                                   {"7e-1", 0.7},
                                   {"1000", 1000.0},
                                   {"73%", 0.73},
                                   {"112.5 %", 1.125},
                                   {"730/1000", 0.73},
                                   {" 3 / 4 ", 0.75},
                                   {"\t0.5\t", 0.5},
                                   {"0/8", 0.0}}) {
    const LoadReading reading = read_load(text);
    ASSERT_TRUE(reading.load) << text << ": " << reading.problem;
    EXPECT_DOUBLE_EQ(*reading.load, load) << text;
    EXPECT_EQ(reading.problem, "");
  }
}

TEST(ReadLoad, TakesNothingElse) {
  for (const std::string text :
       {"",         " ",     "busy",   "0.7.3", "0,73",  "-0.1", "-0",           "+1", "nan", "inf",
        "infinity", "1e999", "1000.1", "0x1",   "%",     "73%%", "7%3",          "1/", "/1",  "1/2/3",
        "1/0",      "0/0",   "1/-2",   "1/nan", "50%/2", "1/2%", "1e300/1e-300", "1 2"}) {
    const LoadReading reading = read_load(text);
    EXPECT_FALSE(reading.load) << text;
    EXPECT_NE(reading.problem, "") << text;
  }
}

TEST(ReadLoad, SaysWhatIsWrong) {
  EXPECT_EQ(read_load("busy").problem, "\"busy\" is not a load such as 0.73, 73% or 730/1000");
  EXPECT_EQ(read_load("5/0").problem, "\"5/0\" has no limit above 0");
  EXPECT_EQ(read_load("730").load, 730.0);
  EXPECT_EQ(read_load("73000").problem, "73000 is not a load from 0 to 1000");
  EXPECT_THAT(read_load("a\nb\x1b[31m").problem, HasSubstr("\"a?b?[31m\""));
  EXPECT_LT(read_load(std::string(100'000, 'x')).problem.size(), 200U);
}

TEST(ReadJsonLoad, FindsTheValueThatThePointerNames) {
  const std::string body =
      R"({"a/b": {"~": 0.1}, "list": [[0.2], {"load": "30%"}, 4, "5/10"], "load": 0.6, "": 0.7, "zero": 0})";
  for (const auto& [pointer, load] : {std::pair("/a~1b/~0", 0.1),
                                      {"/list/0/0", 0.2},
                                      {"/list/1/load", 0.3},
                                      {"/list/2", 4.0},
                                      {"/list/3", 0.5},
                                      {"/load", 0.6},
                                      {"/", 0.7},
                                      {"/zero", 0.0}}) {
    const LoadReading reading = read_json_load(body, pointer);
    ASSERT_TRUE(reading.load) << pointer << ": " << reading.problem;
    EXPECT_DOUBLE_EQ(*reading.load, load) << pointer;
  }
  EXPECT_EQ(read_json_load("0.5", "").load, 0.5);
}

TEST(ReadJsonLoad, FindsNoOtherValueOfThatName) {
  const std::string body = R"({"x": {"load": 0.1}, "list": [{"load": 0.2}], "y": [0.3, [0.4]]})";
  for (const char* pointer : {"/load", "/x/load/0", "/list/load", "/list/1/load", "/y/00", "/y/-", "/y/2", "/y/1/1"}) {
    const LoadReading reading = read_json_load(body, pointer);
    EXPECT_FALSE(reading.load) << pointer;
    EXPECT_NE(reading.problem, "") << pointer;
  }
  EXPECT_EQ(read_json_load(body, "/load").problem, "the body has nothing at \"/load\"");
}

TEST(ReadJsonLoad, SaysWhatIsWrong) {
  for (const char* body : {R"({"load": null})", R"({"load": true})", R"({"load": []})", R"({"load": {}})"})
    EXPECT_EQ(read_json_load(body, "/load").problem, "is neither a number nor a text") << body;
  for (const char* body : {"", "<html>", "{\"load\" 1}", "{\"load\": nan}", "{", "{\"x\": \"\xff\"}"})
    EXPECT_EQ(read_json_load(body, "/load").problem, "the body is not JSON") << body;
  for (const char* body : {R"({"load": -0.1})", R"({"load": 1001})", R"({"load": "busy"})", R"({"load": 1e400})"})
    EXPECT_FALSE(read_json_load(body, "/load").load) << body;
  const std::string deep(100'000, '[');
  EXPECT_EQ(read_json_load(deep, "/load").problem, "the body has more than 64 objects and arrays in one another");
}

// A page that is longer than what is read of it may well begin with its load.
TEST(ReadJsonLoad, ReadsNoFurtherThanTheLoad) {
  EXPECT_EQ(read_json_load(R"({"load": 0.5, "rest": [1, 2)", "/load").load, 0.5);
  EXPECT_FALSE(read_json_load(R"({"rest": [1, 2], "lo)", "/load").load);
}

TEST(ReadJsonLoad, SurvivesDamagedBodies) {
  const std::string whole = R"({"a": [1, {"load": "30%"}, "\u00e4"], "load": 0.5})";
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string body = whole;
    for (std::uint32_t i = 1 + random.below(4); i > 0; --i)
      body[random.below(static_cast<std::uint32_t>(body.size()))] = static_cast<char>(random.below(256));
    const LoadReading reading = read_json_load(body, "/load");
    ASSERT_NE(reading.load.has_value(), !reading.problem.empty());
    ASSERT_TRUE(!reading.load || (*reading.load >= 0 && *reading.load <= kLoadMax));
  }
}

TEST(JsonPointer, IsEmptyOrNamesThatBeginWithASlash) {
  for (const char* good : {"", "/", "/load", "/a~0b~1c", "/0/load"})
    EXPECT_TRUE(is_json_pointer(good)) << good;
  for (const char* bad : {"load", "#/load", "/a~", "/a~2", "~0"})
    EXPECT_FALSE(is_json_pointer(bad)) << bad;
  std::string deep;
  for (std::size_t i = 0; i < kLoadDepthMax; ++i)
    deep += "/x";
  EXPECT_TRUE(is_json_pointer(deep));
  EXPECT_FALSE(is_json_pointer(deep + "/x"));
}

}  // namespace
}  // namespace rhumb::health
