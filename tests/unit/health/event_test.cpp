#include "health/event.hpp"

#include <set>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using Kind = Event::Kind;

Event instance_down() {
  return {.kind = Kind::state,
          .severity = Event::Severity::warning,
          .service = "www.example.com",
          .region = "eu-west",
          .instance = "192.0.2.20",
          .from = "up",
          .to = "down",
          .evidence = "HTTP 503"};
}

TEST(Event, OfAStateReadsAsTheLogHasIt) {
  EXPECT_EQ(to_text(instance_down()), "www.example.com eu-west 192.0.2.20: up → down: HTTP 503");
}

TEST(Event, NamesItsKindWhereTheChangeDoesNotSayIt) {
  Event event = instance_down();
  event.kind = Kind::serving;
  event.from = "serving";
  event.to = "held";
  event.evidence = "hold-down for 30s";
  EXPECT_EQ(to_text(event), "www.example.com eu-west 192.0.2.20: serving → held: hold-down for 30s");

  EXPECT_EQ(to_text(Event{.kind = Kind::override_set, .region = "eu-west", .to = "drain", .evidence = "maintenance"}),
            "eu-west: override set: drain: maintenance");
  EXPECT_EQ(
      to_text(Event{.kind = Kind::panic, .service = "www.example.com", .to = "panic", .evidence = "1 of 4 is up"}),
      "www.example.com: panic: 1 of 4 is up");
  EXPECT_EQ(to_text(Event{.kind = Kind::panic, .service = "www.example.com", .from = "panic", .to = "normal"}),
            "www.example.com: panic: panic → normal");
}

TEST(Event, AboutEverythingHasNoSubject) {
  const Event event{.kind = Kind::guard, .to = "held", .evidence = "all probes fail"};
  EXPECT_EQ(subject(event), "");
  EXPECT_EQ(to_text(event), "guard: held: all probes fail");
}

TEST(Event, SubjectIsWhatThereIsOfServiceRegionAndInstance) {
  EXPECT_EQ(subject(instance_down()), "www.example.com eu-west 192.0.2.20");
  EXPECT_EQ(subject(Event{.region = "eu-west"}), "eu-west");
  EXPECT_EQ(subject(Event{.service = "www.example.com", .region = "eu-west"}), "www.example.com eu-west");
}

TEST(Event, KindsAndSeveritiesHaveWordsOfTheirOwn) {
  std::set<std::string_view> words;
  for (int kind = 0; kind <= static_cast<int>(Kind::load); ++kind)
    words.insert(to_text(static_cast<Kind>(kind)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(Kind::load) + 1);
  EXPECT_EQ(to_text(Kind::override_set), "override set");
  EXPECT_EQ(to_text(Event::Severity::info), "info");
  EXPECT_EQ(to_text(Event::Severity::warning), "warning");
  EXPECT_EQ(to_text(Event::Severity::error), "error");
}

}  // namespace
}  // namespace rhumb::health
