#include "health/service_safety.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr Time kNow{1'000'000s};

// What instances can be before the rules: with the share that such a one has.
const std::array kKinds{
    Judged{0, false, Standing::serving, 1, kNow},    Judged{0, false, Standing::down, 0, kNow},
    Judged{0, false, Standing::held_down, 0, kNow},  Judged{0, false, Standing::ramping, 0.3, kNow},
    Judged{0, false, Standing::shedding, 0, kNow},   Judged{0, true, Standing::forced_up, 1, kNow},
    Judged{0, true, Standing::forced_down, 0, kNow},
};

bool is_serving(const Judged& instance) {
  return instance.standing == Standing::serving || instance.standing == Standing::ramping ||
         instance.standing == Standing::shedding;
}

std::set<std::uint32_t> served_regions(const std::vector<Judged>& instances) {
  std::set<std::uint32_t> regions;
  for (const Judged& instance : instances) {
    if (instance.share > 0) regions.insert(instance.region);
  }
  return regions;
}

std::string in_words(const std::vector<Judged>& instances) {
  std::string text;
  for (const Judged& instance : instances)
    text += std::to_string(instance.region) + " " + std::string(to_text(instance.standing)) + "; ";
  return text;
}

// Of a region without a share, how well its best instance could serve: up before down, then the later change.
std::pair<bool, Time> quality(const std::vector<Judged>& instances, std::uint32_t region) {
  std::pair<bool, Time> best{false, Time::min()};
  for (const Judged& instance : instances) {
    if (instance.region == region && !instance.is_overridden)
      best = std::max(best, {instance.standing != Standing::down, instance.since});
  }
  return best;
}

void expect_by_the_rules(const ServicePlan& service, const std::vector<Judged>& before) {
  SCOPED_TRACE(in_words(before) + std::to_string(service.panic_percent) + " %, " + std::to_string(service.regions_min));
  std::vector<Judged> after = before;
  const Safety safety = apply_safety(service, after);

  // Panic: all that no operator has spoken on have all their clients.
  const auto counts = [](const Judged& instance) { return !instance.is_overridden; };
  const auto all = std::ranges::count_if(before, counts);
  const auto serving = std::ranges::count_if(before, [&](const Judged& one) { return counts(one) && is_serving(one); });
  const bool is_panic = service.panic_percent > 0 && serving * 100 < all * service.panic_percent;
  ASSERT_EQ(!safety.panic.empty(), is_panic);
  std::vector<Judged> panicked = before;
  for (Judged& instance : panicked) {
    if (is_panic && counts(instance)) instance.share = 1;
  }

  // Regions: as many as are needed, or all that could be kept; none is given up.
  const std::set<std::uint32_t> could = served_regions(panicked);
  const std::set<std::uint32_t> served = served_regions(after);
  ASSERT_EQ(served.size(), count_served_regions(after));
  std::set<std::uint32_t> keepable;
  for (const Judged& instance : before) {
    if (counts(instance) && !could.contains(instance.region)) keepable.insert(instance.region);
  }
  const std::size_t missing = service.regions_min > could.size() ? service.regions_min - could.size() : 0;
  ASSERT_EQ(served.size(), could.size() + std::min(missing, keepable.size()));
  ASSERT_TRUE(std::ranges::includes(served, could));
  ASSERT_EQ(safety.regions.empty(), served == could);
  for (const std::uint32_t kept : keepable) {
    for (const std::uint32_t other : keepable) {
      if (served.contains(kept) && !served.contains(other)) {
        ASSERT_GE(quality(before, kept), quality(before, other));
      }
    }
  }

  for (std::size_t i = 0; i < before.size(); ++i) {
    SCOPED_TRACE(i);
    const bool is_kept = !could.contains(before[i].region) && served.contains(before[i].region);
    if (before[i].is_overridden || (!is_panic && !is_kept)) {
      ASSERT_EQ(after[i].standing, before[i].standing) << "an operator's word, or no rule: untouched";
      ASSERT_EQ(after[i].share, before[i].share);
      continue;
    }
    ASSERT_EQ(after[i].share, 1);
    const Standing expected = is_kept                                   ? Standing::kept
                              : before[i].standing == Standing::serving ? Standing::serving
                                                                        : Standing::panic;
    ASSERT_EQ(to_text(after[i].standing), to_text(expected));
  }
}

// Every service of up to four instances in up to three regions, with every state that they can be in.
TEST(ServiceSafety, KeepsToItsRulesForEverySmallService) {
  const std::vector<std::vector<std::uint32_t>> layouts = {{},        {0},       {0, 0},    {0, 1},
                                                           {0, 0, 0}, {0, 0, 1}, {0, 1, 2}, {0, 1, 2, 2}};
  for (const auto& layout : layouts) {
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < layout.size(); ++i)
      combinations *= kKinds.size();
    for (std::size_t code = 0; code < combinations; ++code) {
      std::vector<Judged> instances;
      std::size_t rest = code;
      for (std::size_t i = 0; i < layout.size(); ++i, rest /= kKinds.size()) {
        instances.push_back(kKinds[rest % kKinds.size()]);
        instances.back().region = layout[i];
        instances.back().since = kNow + ((code * 7 + i * 13) % 5) * 1s;
      }
      for (const int percent : {0, 34, 50, 100}) {
        for (std::uint32_t regions = 0; regions <= 3; ++regions) {
          expect_by_the_rules({"www", percent, regions}, instances);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(ServiceSafety, SaysWhyInWords) {
  std::vector<Judged> instances{kKinds[0], kKinds[1], kKinds[1], kKinds[1]};
  for (std::uint32_t i = 0; i < instances.size(); ++i)
    instances[i].region = i;
  std::vector<Judged> panicked = instances;
  const Safety panic = apply_safety({"www", 50, 0}, panicked);
  EXPECT_EQ(panic.panic, "1 of 4 instances serve, fewer than 50 %");
  EXPECT_THAT(panic.regions, IsEmpty());
  std::vector<Judged> kept = instances;
  EXPECT_EQ(apply_safety({"www", 0, 2}, kept).regions, "1 of its regions can serve, fewer than 2: 1 more is kept");
  kept = instances;
  EXPECT_EQ(apply_safety({"www", 0, 3}, kept).regions, "1 of its regions can serve, fewer than 3: 2 more are kept");
}

}  // namespace
}  // namespace rhumb::health
