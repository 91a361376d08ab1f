#include "control/event_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rhumb::control {
namespace {

using health::Event;
using health::Time;
using std::chrono::milliseconds;

constexpr Time kAt = std::chrono::sys_days(std::chrono::year(2026) / 11 / 5) + milliseconds(3'723'004);

Notice whole() {
  return {.event = {.kind = Event::Kind::override_set,
                    .severity = Event::Severity::warning,
                    .at = kAt,
                    .service = "www.example.com",
                    .region = "eu-west",
                    .instance = "192.0.2.20",
                    .from = "up",
                    .to = "down",
                    .evidence = "HTTP 503"},
          .suppressed = 5,
          .suppressed_since = kAt};
}

TEST(EventJson, HasWhatThereIsToSay) {
  EXPECT_EQ(to_json(whole(), "ns1"),
            R"({"time":"2026-11-05T01:02:03.004Z","event":"override_set","severity":"warning",)"
            R"("service":"www.example.com","region":"eu-west","instance":"192.0.2.20","from":"up","to":"down",)"
            R"("evidence":"HTTP 503","suppressed":5,"server":"ns1"})");
}

TEST(EventJson, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_json({.event = {.kind = Event::Kind::guard, .severity = Event::Severity::error, .at = kAt}}, ""),
            R"({"time":"2026-11-05T01:02:03.004Z","event":"guard","severity":"error"})");
}

TEST(EventJson, IsOneLineOfValidJsonWhateverTheEvidence) {
  Notice notice = whole();
  notice.event.evidence = "a \"quoted\"\nline, a \x01 and not UTF-8: \xff\xfe";
  const std::string text = to_json(notice, "ns1");
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(text)["evidence"],
            "a \"quoted\"\nline, a \x01 and not UTF-8: \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(NoticeText, SaysHowManyMoreThereWere) {
  Notice notice = whole();
  notice.event.kind = Event::Kind::state;
  EXPECT_EQ(to_text(notice),
            "www.example.com eu-west 192.0.2.20: up → down: HTTP 503 (5 more since 2026-11-05T01:02:03.004Z)");
  notice.suppressed = 0;
  EXPECT_EQ(to_text(notice), "www.example.com eu-west 192.0.2.20: up → down: HTTP 503");
}

}  // namespace
}  // namespace rhumb::control
