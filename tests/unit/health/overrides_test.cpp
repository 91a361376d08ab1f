#include "health/overrides.hpp"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;
using Action = Override::Action;

constexpr Time kNow{1'000'000s};

const std::array kScopes{Scope{"eu"},        Scope{"eu", "www"}, Scope{"eu", "www", "192.0.2.1"}, Scope{"us"},
                         Scope{"us", "www"}, Scope{"eu", "api"}, Scope{"eu", "api", "192.0.2.1"}};

// Every set of scopes, in both orders: the narrowest of those that are about the instance.
TEST(Overrides, TheNarrowestGoesFirst) {
  for (unsigned set = 0; set < 1U << kScopes.size(); ++set) {
    for (const bool is_backwards : {false, true}) {
      Overrides overrides;
      for (std::size_t i = 0; i < kScopes.size(); ++i) {
        const std::size_t at = is_backwards ? kScopes.size() - 1 - i : i;
        if ((set >> at & 1U) != 0) {
          ASSERT_TRUE(overrides.set({kScopes[at]}));
        }
      }
      const Override* found = overrides.find("eu", "www", "192.0.2.1");
      const Scope* expected = nullptr;
      for (std::size_t i = 0; i < 3; ++i) {
        if ((set >> i & 1U) != 0) expected = &kScopes[i];
      }
      ASSERT_EQ(found != nullptr, expected != nullptr) << set;
      if (expected != nullptr) {
        ASSERT_EQ(found->scope, *expected) << set;
      }
    }
  }
}

TEST(Overrides, CoverWhatTheirScopeIsOn) {
  for (const std::string region : {"eu", "us"}) {
    for (const std::string service : {"www", "api"}) {
      for (const std::string instance : {"192.0.2.1", "192.0.2.2"}) {
        for (const Scope& scope : kScopes) {
          const bool is_on = scope.region == region && (scope.service.empty() || scope.service == service) &&
                             (scope.instance.empty() || scope.instance == instance);
          EXPECT_EQ(covers(scope, region, service, instance), is_on) << to_text(scope);
        }
      }
    }
  }
}

TEST(Overrides, ALaterOneOnTheSameScopeReplacesTheEarlier) {
  Overrides overrides;
  ASSERT_TRUE(overrides.set({{"eu"}, Action::drain, "first"}));
  ASSERT_TRUE(overrides.set({{"us"}, Action::drain, "other"}));
  ASSERT_TRUE(overrides.set({{"eu"}, Action::force_up, "second"}));
  ASSERT_EQ(overrides.all().size(), 2U);
  EXPECT_EQ(overrides.all()[0].reason, "other") << "oldest first";
  EXPECT_EQ(overrides.find(Scope{"eu"})->reason, "second");
  EXPECT_EQ(overrides.find(Scope{"eu", "www"}), nullptr) << "this scope, not what it covers";
  EXPECT_EQ(overrides.clear({"eu"})->reason, "second");
  EXPECT_FALSE(overrides.clear({"eu"}));
  EXPECT_EQ(overrides.all().size(), 1U);
}

TEST(Overrides, EndWhenTheirTimeIsOver) {
  Overrides overrides;
  EXPECT_EQ(overrides.next_end(), kNever);
  for (const auto& [region, after] : {std::pair("c", 30s), {"a", 10s}, {"b", 20s}}) {
    Override word{{region}};
    word.until = kNow + after;
    ASSERT_TRUE(overrides.set(word));
  }
  ASSERT_TRUE(overrides.set({{"lasting"}}));
  EXPECT_EQ(overrides.next_end(), kNow + 10s);
  EXPECT_TRUE(overrides.expire(kNow + 10s - 1ms).empty());
  const std::vector<Override> first = overrides.expire(kNow + 10s);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].scope.region, "a");
  EXPECT_EQ(overrides.next_end(), kNow + 20s);
  EXPECT_EQ(overrides.expire(kNow + 1h).size(), 2U);
  EXPECT_EQ(overrides.next_end(), kNever);
  EXPECT_EQ(overrides.all().size(), 1U);
}

TEST(Overrides, AreLimitedAndAReplacementIsNotOneMore) {
  std::vector<Override> words;
  for (std::size_t i = 0; i + 1 < kOverridesMax; ++i)
    words.push_back({{std::to_string(i)}});
  Overrides overrides(words, kNow);
  EXPECT_TRUE(overrides.set({{"the last one"}}));
  EXPECT_FALSE(overrides.set({{"one more"}}));
  EXPECT_TRUE(overrides.set({{"7"}, Action::force_down}));
  EXPECT_EQ(overrides.all().size(), kOverridesMax);
}

TEST(Overrides, GivenInTheFutureCountAsGivenNow) {
  Override word{{"eu"}};
  word.since = kNow + 24h;
  word.over = 10s;
  const Overrides overrides({word}, kNow);
  EXPECT_EQ(overrides.all()[0].since, kNow);
}

TEST(Overrides, ADrainTakesItsTimeEvenly) {
  Override drain{{"eu"}};
  drain.since = kNow;
  EXPECT_EQ(share_left(drain, kNow), 0) << "at once";
  drain.over = 100s;
  EXPECT_EQ(share_left(drain, kNow - 1s), 1);
  for (int i = 0; i <= 100; ++i)
    EXPECT_NEAR(share_left(drain, kNow + i * 1s), 1 - i / 100.0, 1e-9);
  EXPECT_GT(share_left(drain, kNow + 100s - 1ms), 0);
  EXPECT_EQ(share_left(drain, kNow + 1h), 0);
}

}  // namespace
}  // namespace rhumb::health
