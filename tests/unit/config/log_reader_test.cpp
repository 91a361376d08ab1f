#include "config/log_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/json_file.hpp"

namespace rhumb::config {
namespace {

using testing::HasSubstr;

Log read(const char* text, Problems& problems) {
  const Json document = Json::parse(text);
  return read_log(JsonPlace(document, "rhumb.json", problems));
}

Log read(const char* text) {
  Problems problems;
  Log log = read(text, problems);
  EXPECT_EQ(problems.error_count(), 0U) << text;
  return log;
}

std::string refusal(const char* text) {
  Problems problems;
  EXPECT_EQ(read(text, problems), Log{}) << text;
  return problems.all().empty() ? "" : problems.all().front().to_string();
}

TEST(ReadLog, WithoutAWordIsTextOfThatWhichCountsOnStandardError) {
  const Log log = read("{}");
  EXPECT_EQ(log.place, LogPlace::standard_error);
  EXPECT_EQ(log.format, LogFormat::text);
  EXPECT_EQ(log.level, LogLevel::info);
}

TEST(ReadLog, GoesWhereItIsTold) {
  EXPECT_EQ(read(R"({"to": "stderr"})"), Log{});
  EXPECT_EQ(read(R"({"to": "journal"})").place, LogPlace::journal);
  const Log file = read(R"({"to": "/var/log//rhumb.log"})");
  EXPECT_EQ(file.place, LogPlace::file);
  EXPECT_EQ(file.file, "/var/log/rhumb.log");
}

TEST(ReadLog, TakesNoWordForAFile) {
  for (const char* text : {R"({"to": "stdout"})", R"({"to": "log/rhumb.log"})", R"({"to": ""})"})
    EXPECT_THAT(refusal(text), HasSubstr("rhumb.json: /to: ")) << text;
}

TEST(ReadLog, HasFormatsAndLevels) {
  EXPECT_EQ(read(R"({"format": "text"})").format, LogFormat::text);
  EXPECT_EQ(read(R"({"format": "json"})").format, LogFormat::json);
  EXPECT_EQ(read(R"({"level": "error"})").level, LogLevel::error);
  EXPECT_EQ(read(R"({"level": "warning"})").level, LogLevel::warning);
  EXPECT_EQ(read(R"({"level": "info"})").level, LogLevel::info);
  EXPECT_EQ(read(R"({"level": "debug"})").level, LogLevel::debug);
  EXPECT_THAT(refusal(R"({"format": "xml"})"), HasSubstr("rhumb.json: /format: "));
  EXPECT_THAT(refusal(R"({"level": "warn"})"), HasSubstr("rhumb.json: /level: \"warn\" must be one of"));
  EXPECT_THAT(refusal(R"({"file": "/var/log/rhumb.log"})"), HasSubstr("rhumb.json: /file: "));
}

}  // namespace
}  // namespace rhumb::config
