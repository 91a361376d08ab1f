#include "control/event_throttle.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::control {
namespace {

using health::Event;
using health::Time;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Event::Kind;

constexpr Time kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25);

Event event_of(const std::string& service, const std::string& evidence = "", Time at = kStart) {
  return {.kind = Kind::state, .at = at, .service = service, .evidence = evidence};
}

std::vector<std::string> evidence_of(const std::vector<Notice>& notices) {
  std::vector<std::string> texts;
  for (const Notice& notice : notices)
    texts.push_back(notice.event.evidence);
  return texts;
}

// Takes the burst of a subject at one moment.
void spend_burst(EventThrottle& throttle, const std::string& service, Time now) {
  for (int i = 0; i < EventThrottle::kBurst; ++i)
    EXPECT_EQ(throttle.take(event_of(service), now).size(), 1U) << i;
}

TEST(EventThrottle, LetsABurstPass) {
  EventThrottle throttle;
  for (int i = 0; i < EventThrottle::kBurst; ++i) {
    const auto told = throttle.take(event_of("a", fmt::to_string(i)), kStart);
    EXPECT_THAT(evidence_of(told), ElementsAre(fmt::to_string(i)));
    EXPECT_EQ(told[0].suppressed, 0U);
  }
  EXPECT_THAT(throttle.take(event_of("a"), kStart), IsEmpty());
}

TEST(EventThrottle, TellsTheLatestOfThoseThatWereTooFastAMinuteLater) {
  EventThrottle throttle;
  spend_burst(throttle, "a", kStart);
  EXPECT_EQ(throttle.next_due(), health::kNever);
  for (int i = 1; i <= 4; ++i)
    EXPECT_THAT(throttle.take(event_of("a", fmt::to_string(i), kStart + seconds(i)), kStart + seconds(i)), IsEmpty());

  EXPECT_EQ(throttle.next_due(), kStart + EventThrottle::kInterval);
  EXPECT_THAT(throttle.take_due(throttle.next_due() - milliseconds(1)), IsEmpty());
  const auto told = throttle.take_due(throttle.next_due());
  ASSERT_THAT(evidence_of(told), ElementsAre("4"));
  EXPECT_EQ(told[0].suppressed, 3U);
  EXPECT_EQ(told[0].suppressed_since, kStart + seconds(1));
  EXPECT_EQ(throttle.next_due(), health::kNever);
}

TEST(EventThrottle, CountsAnewAfterEachThatIsTold) {
  EventThrottle throttle;
  spend_burst(throttle, "a", kStart);
  (void)throttle.take(event_of("a"), kStart);
  (void)throttle.take(event_of("a"), kStart);
  ASSERT_EQ(throttle.take_due(kStart + minutes(1)).at(0).suppressed, 1U);

  EXPECT_THAT(throttle.take(event_of("a", "alone"), kStart + minutes(1)), IsEmpty());
  const auto told = throttle.take_due(kStart + minutes(2));
  ASSERT_THAT(evidence_of(told), ElementsAre("alone"));
  EXPECT_EQ(told[0].suppressed, 0U);
}

// The timer may be late: then the new event is the news, and what was kept back is old.
TEST(EventThrottle, CountsWhatWasKeptBackWhenALaterEventPassesFirst) {
  EventThrottle throttle;
  spend_burst(throttle, "a", kStart);
  EXPECT_THAT(throttle.take(event_of("a", "old", kStart + seconds(3)), kStart + seconds(3)), IsEmpty());
  const auto told = throttle.take(event_of("a", "new"), kStart + minutes(1));
  ASSERT_THAT(evidence_of(told), ElementsAre("new"));
  EXPECT_EQ(told[0].suppressed, 1U);
  EXPECT_EQ(told[0].suppressed_since, kStart + seconds(3));
  EXPECT_THAT(throttle.take_due(kStart + minutes(5)), IsEmpty());
}

TEST(EventThrottle, FlappingForAnHourIsToldOnceAMinute) {
  EventThrottle throttle;
  std::uint64_t told = 0;
  std::uint64_t suppressed = 0;
  const auto count = [&](const std::vector<Notice>& notices) {
    for (const Notice& notice : notices) {
      ++told;
      suppressed += notice.suppressed;
    }
  };
  constexpr int kEvents = 3'600;
  for (int i = 0; i < kEvents; ++i) {
    const Time now = kStart + seconds(i);
    count(throttle.take_due(now));
    count(throttle.take(event_of("a"), now));
  }
  EXPECT_EQ(told, EventThrottle::kBurst + 59U);
  count(throttle.take_all());
  EXPECT_EQ(told + suppressed, std::uint64_t{kEvents}) << "each event is told or counted";
}

TEST(EventThrottle, ABurstComesBackOneAMinute) {
  EventThrottle throttle;
  spend_burst(throttle, "a", kStart);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(throttle.take(event_of("a"), kStart + minutes(3)).size(), 1U) << i;
  EXPECT_THAT(throttle.take(event_of("a"), kStart + minutes(3)), IsEmpty());
}

TEST(EventThrottle, SubjectsDoNotShareABurst) {
  EventThrottle throttle;
  spend_burst(throttle, "a", kStart);
  EXPECT_THAT(throttle.take(event_of("a"), kStart), IsEmpty());
  spend_burst(throttle, "b", kStart);
}

TEST(EventThrottle, NeverKeepsBackGuardsPanicsAndOverrides) {
  EventThrottle throttle;
  for (const Kind kind : {Kind::guard, Kind::panic, Kind::override_set, Kind::override_cleared, Kind::override_ended}) {
    for (int i = 0; i < 100; ++i)
      EXPECT_EQ(throttle.take(Event{.kind = kind, .service = "a"}, kStart).size(), 1U) << to_text(kind);
  }
  EXPECT_EQ(throttle.size(), 0U);
  for (const Kind kind : {Kind::state, Kind::serving, Kind::min_regions, Kind::load}) {
    const std::string subject(to_text(kind));
    for (int i = 0; i < EventThrottle::kBurst; ++i)
      (void)throttle.take(Event{.kind = kind, .service = subject}, kStart);
    EXPECT_THAT(throttle.take(Event{.kind = kind, .service = subject}, kStart), IsEmpty()) << subject;
  }
}

TEST(EventThrottle, ForgetsWhoIsQuiet) {
  EventThrottle throttle;
  for (int i = 0; i < 100; ++i)
    (void)throttle.take(event_of(fmt::to_string(i)), kStart);
  EXPECT_EQ(throttle.size(), 100U);
  (void)throttle.take(event_of("late"), kStart + EventThrottle::kInterval - milliseconds(1));
  EXPECT_EQ(throttle.size(), 101U);
  (void)throttle.take(event_of("late"), kStart + EventThrottle::kInterval);
  EXPECT_EQ(throttle.size(), 1U);
}

TEST(EventThrottle, ForgetsWhoWasQuietLongestWhenThereAreTooMany) {
  EventThrottle throttle(2);
  spend_burst(throttle, "a", kStart);
  spend_burst(throttle, "b", kStart);
  (void)throttle.take(event_of("a", "kept"), kStart);  // b is the older one now
  (void)throttle.take(event_of("c"), kStart);
  EXPECT_EQ(throttle.size(), 2U);
  EXPECT_EQ(throttle.take_due(kStart + minutes(1)).size(), 1U) << "a is still remembered";
}

TEST(EventThrottle, TellsWhatWasKeptBackOfASubjectThatItForgets) {
  EventThrottle throttle(1);
  spend_burst(throttle, "a", kStart);
  (void)throttle.take(event_of("a", "kept"), kStart);
  EXPECT_THAT(evidence_of(throttle.take(event_of("b", "new"), kStart)), ElementsAre("kept", "new"));
  EXPECT_EQ(throttle.next_due(), health::kNever);
}

TEST(EventThrottle, TakesAllAtTheEnd) {
  EventThrottle throttle;
  for (const char* name : {"a", "b"}) {
    spend_burst(throttle, name, kStart);
    (void)throttle.take(event_of(name, name), kStart);
  }
  EXPECT_THAT(evidence_of(throttle.take_all()), ElementsAre("a", "b"));
  EXPECT_THAT(throttle.take_all(), IsEmpty());
}

// Whatever comes when: no more than the burst and one a minute is told of a subject, each event is told or counted, and
// the last one told is the last that happened.
TEST(EventThrottle, KeepsItsRulesOverRandomEvents) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    EventThrottle throttle;
    std::map<std::string, std::uint64_t> happened;
    std::map<std::string, std::uint64_t> accounted;
    std::map<std::string, std::uint64_t> told_count;
    std::map<std::string, std::string> last_happened;
    std::map<std::string, std::string> last_told;
    const auto account = [&](const std::vector<Notice>& notices) {
      for (const Notice& notice : notices) {
        accounted[notice.event.service] += 1 + notice.suppressed;
        ++told_count[notice.event.service];
        last_told[notice.event.service] = notice.event.evidence;
      }
    };
    Time now = kStart;
    for (int i = 0; i < 300; ++i) {
      now += milliseconds(random.below(20'000));
      if (random.below(3) > 0) account(throttle.take_due(now));
      const std::string name(1, static_cast<char>('a' + random.below(3)));
      ++happened[name];
      last_happened[name] = fmt::to_string(i);
      account(throttle.take(event_of(name, fmt::to_string(i), now), now));
      for (const auto& [subject, count] : told_count)
        ASSERT_LE(count, EventThrottle::kBurst + static_cast<std::uint64_t>((now - kStart) / EventThrottle::kInterval));
    }
    account(throttle.take_due(now + std::chrono::hours(1)));
    EXPECT_EQ(accounted, happened);
    EXPECT_EQ(last_told, last_happened);
  }
}

}  // namespace
}  // namespace rhumb::control
