// A network that is simulated event by event around Verdicts and Schedule, and answers to its clients: hundreds of
// targets in some regions, with latencies, losses, crashes, flaps, a region that is cut off, and our own cut.
//
// Time is the simulation's, random numbers come from the seed: each run is the same. After each event, what must always
// hold is checked on the board and on the answers, which steering::Service picks.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "health/schedule.hpp"
#include "health/verdicts.hpp"
#include "steering/admission.hpp"
#include "steering/rendezvous.hpp"
#include "steering/service.hpp"
#include "support/long_run.hpp"

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;
using Moment = Schedule::TimePoint;
using Microseconds = std::chrono::microseconds;

constexpr Moment kBegin{1'000'000s};
constexpr Time kWallBegin{1'700'000'000s};

// The course of a run.
constexpr auto kChaosEnd = 600s;     // until then things go wrong
constexpr auto kOwnCutBegin = 900s;  // all has come to rest; we ourselves are cut off
constexpr auto kOwnCutEnd = 1'000s;
constexpr auto kEnd = 1'150s;

constexpr std::uint32_t kRegions = 4;
constexpr std::uint32_t kServices = 3;
constexpr std::uint32_t kInstances = 15;  // of a service in a region
constexpr std::uint32_t kCanaries = 3;
constexpr auto kInterval = 10s;
constexpr auto kTimeout = 2s;
constexpr int kRise = 2;
constexpr int kFall = 3;
constexpr auto kJitter = Microseconds(kInterval) / Schedule::kJitterPart;

// A start is up to kJitter off its place, places are an interval apart, and the second may be 1.5 intervals after the
// first. So the last of `fall` failures starts this long after the first of them at most, and is known a timeout later:
constexpr auto kDetection = (kFall - 1) * Microseconds(kInterval) + 2 * kJitter + kTimeout + 1ms;
constexpr auto kFirstDetection = kDetection + Microseconds(kInterval) / 2;
// What is promised.
constexpr auto kDetectionPromised = kFall * Microseconds(kInterval) + kTimeout + 50ms;
static_assert(kDetection < kDetectionPromised && kFirstDetection < kDetectionPromised);

// A limit on a TTL counts as many intervals as results are needed, as gdnsd does: the next of these may come at once,
// so that a change comes earlier by up to an interval, the jitter of both ends, and a last result that took a timeout.
constexpr auto kTtlSlack = Microseconds(kInterval) + 2 * kJitter + kTimeout;

constexpr FlapDamping kDamping{3, 1, 30s, 120s};

struct Outage {
  Moment begin;
  Moment end;
};

bool is_in(const std::vector<Outage>& outages, Moment moment) {
  return std::ranges::any_of(outages,
                             [&](const Outage& outage) { return outage.begin <= moment && moment < outage.end; });
}

struct Node {
  std::uint32_t region = 0;
  bool is_silent = false;  // when it is down; otherwise it refuses
  std::vector<Outage> outages = {};
  Microseconds latency{0};
};

// Service 0 has failback with hold-down, slow start and damping; of 1 two regions are kept; 2 panics under one half.
Plan make_plan() {
  Plan plan;
  for (std::uint32_t region = 0; region < kRegions; ++region)
    plan.regions.push_back("region" + std::to_string(region));
  plan.services = {{"damped"}, {"kept"}, {"panicky"}};
  plan.services[0].failback = {20s, 30s, false, kDamping};
  plan.services[1].regions_min = 2;
  plan.services[2].panic_percent = 50;
  const auto add_probe = [&](std::uint32_t interval_ms, std::uint32_t timeout_ms) {
    Target target;
    target.address = IpAddress::v4(0x0A000000U + static_cast<std::uint32_t>(plan.probes.size()));
    target.check.interval_ms = interval_ms;
    target.check.timeout_ms = timeout_ms;
    target.check.rise = kRise;
    target.check.fall = kFall;
    plan.probes.push_back(target);
  };
  for (std::uint32_t service = 0; service < kServices; ++service) {
    for (std::uint32_t i = 0; i < kRegions * kInstances; ++i) {
      const auto probe = static_cast<std::uint32_t>(plan.probes.size());
      plan.instances.push_back(
          {service, i / kInstances, "192.0.2." + std::to_string(i), Condition{Condition::Kind::probe, probe}});
      add_probe(kInterval / 1ms, kTimeout / 1ms);
    }
  }
  // Canaries tell sooner than any target that it is us.
  for (std::uint32_t i = 0; i < kCanaries; ++i) {
    plan.canaries.push_back(static_cast<std::uint32_t>(plan.probes.size()));
    add_probe(1'000, 500);
  }
  plan.guard = {50, 10s, 300s};
  return plan;
}

steering::Service make_service(const Plan& plan, std::uint32_t service, const steering::Rankings& rankings) {
  steering::ServiceSettings settings;
  settings.name = plan.services[service].name;
  settings.regions = plan.regions;
  for (std::uint32_t i = 0; i < plan.instances.size(); ++i) {
    if (plan.instances[i].service != service) continue;
    settings.instances.push_back(
        {static_cast<steering::RegionIndex>(plan.instances[i].region), IpAddress::v4(0xC0000200U + i), i});
  }
  return {settings, std::make_shared<steering::RankingMap>(rankings)};
}

steering::Rankings make_rankings() {
  steering::Rankings rankings(kRegions);  // 0: in their order
  steering::Ranking backwards;
  for (std::uint32_t region = kRegions; region > 0; --region)
    backwards.regions.push_back(static_cast<steering::RegionIndex>(region - 1));
  backwards.tiers = {0, 1, 2, 3};
  (void)rankings.intern(backwards);
  return rankings;
}

constexpr steering::RankingId kRankings = 2;
constexpr std::uint32_t kClients = 6;

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed), verdicts_(plan_, {}, kWallBegin) {
    for (std::uint32_t service = 0; service < kServices; ++service)
      services_.push_back(make_service(plan_, service, rankings_));
    for (std::uint32_t i = 0; i < plan_.probes.size(); ++i) {
      nodes_.push_back(make_node(i));
      probers_.push_back({Schedule(kBegin, plan_.probes[i].check.interval_ms, i, plan_.probes.size(), random_)});
      queue_.push({probers_[i].schedule.start(), i});
    }
    // Each region is gone once, one after the other.
    for (std::uint32_t region = 0; region < kRegions; ++region) {
      const auto begin = seconds_in(80 + 120 * region, 120 + 120 * region);
      region_cuts_.push_back({{begin, begin + 60s}});
    }
  }

  void run() {
    while (!queue_.empty() && queue_.top().first < kBegin + kEnd) {
      const auto [moment, probe] = queue_.top();
      queue_.pop();
      advance_to(moment);
      if (probers_[probe].outcome) {
        finish(probe);
      } else {
        start(probe);
      }
      if (::testing::Test::HasFatalFailure()) return;
    }
    expect_all_well();
  }

 private:
  // What probes one target.
  struct Prober {
    Schedule schedule;
    std::optional<Outcome> outcome = {};       // of the probe in flight
    std::optional<Moment> failing_since = {};  // the start of the first failure in a row
    int results = 0;
  };

  struct Client {
    std::optional<steering::RegionIndex> region = {};
    Moment promised_until = kBegin;  // by the TTLs of the answers that it got
  };

  Moment seconds_in(std::uint32_t from, std::uint32_t to) { return kBegin + 1s * (from + random_.below(to - from)); }

  Node make_node(std::uint32_t probe) {
    Node node{probe < plan_.instances.size() ? plan_.instances[probe].region : kRegions, random_.below(2) == 0};
    node.latency = Microseconds(1'000 + 40'000 * node.region + random_.below(5'000));
    if (node.region == kRegions) return node;
    const std::uint32_t dice = random_.below(10);
    if (dice < 4) {  // crashes once
      const Moment begin = seconds_in(50, 400);
      node.outages.push_back({begin, begin + 1s * (20 + random_.below(180))});
    } else if (dice == 4) {  // flaps
      for (Moment at = seconds_in(30, 100); at < kBegin + kChaosEnd - 80s; at += 1s * (60 + random_.below(60)))
        node.outages.push_back({at, at + 1s * (35 + random_.below(25))});
    }
    return node;
  }

  [[nodiscard]] bool is_reachable(std::uint32_t probe, Moment moment) const {
    const Node& node = nodes_[probe];
    if (moment >= kBegin + kOwnCutBegin && moment < kBegin + kOwnCutEnd) return false;
    return !is_in(node.outages, moment) && (node.region == kRegions || !is_in(region_cuts_[node.region], moment));
  }

  void start(std::uint32_t probe) {
    const Check& check = plan_.probes[probe].check;
    const bool is_lost = now_ < kBegin + kChaosEnd && random_.below(100) == 0;
    const bool is_well = !is_lost && is_reachable(probe, now_) && is_reachable(probe, now_ + nodes_[probe].latency);
    const bool is_told = is_well || (nodes_[probe].is_silent && !is_lost && now_ < kBegin + kChaosEnd);
    probers_[probe].outcome = is_well ? success("HTTP 200") : failure("HTTP 503");
    queue_.push({now_ + (is_told ? nodes_[probe].latency : Microseconds(1ms * check.timeout_ms)), probe});
  }

  void finish(std::uint32_t probe) {
    Prober& prober = probers_[probe];
    const Outcome outcome = *std::exchange(prober.outcome, std::nullopt);
    const bool is_failure = outcome.kind == Outcome::Kind::failure;
    if (!is_failure) prober.failing_since.reset();
    if (is_failure && !prober.failing_since) prober.failing_since = prober.schedule.start();
    verdicts_.record(probe, outcome, wall());
    ++prober.results;
    check(probe);
    if (verdicts_.is_guarded()) {
      prober.schedule.hurry(now_, Microseconds(1ms * plan_.probes[probe].check.interval_ms) / 4);
    } else {
      prober.schedule.advance(now_, random_);
    }
    queue_.push({std::max(prober.schedule.start(), now_), probe});
  }

  void advance_to(Moment moment) {
    while (verdicts_.next() <= wall(moment)) {
      const Time due = verdicts_.next();
      now_ = std::max(now_, kBegin + (due - kWallBegin));
      verdicts_.advance(due);
      check_service(0);  // the only one that time alone changes
    }
    now_ = moment;
    if (shares_before_cut_.empty() && now_ >= kBegin + kOwnCutBegin) shares_before_cut_ = shares();
  }

  [[nodiscard]] static Time wall(Moment moment) {
    return kWallBegin + std::chrono::floor<std::chrono::milliseconds>(moment - kBegin);
  }
  [[nodiscard]] Time wall() const { return wall(now_); }
  [[nodiscard]] Shown shown(std::uint32_t instance) const { return verdicts_.board()->read(instance); }
  [[nodiscard]] std::vector<Share> shares() const {
    std::vector<Share> shares;
    for (std::uint32_t i = 0; i < plan_.instances.size(); ++i)
      shares.push_back(shown(i).share);
    return shares;
  }

  // ---------------------------------------------------------------------------------------------- what always holds

  // The service as a whole when something changed, and now and then.
  void check(std::uint32_t probe) {
    if (probe < plan_.instances.size()) {
      check_detection(probe);
      Shown& before = shown_before_[probe];
      const bool is_changed = before != shown(probe);
      if (is_changed || probers_[probe].results % 8 == 0) check_service(plan_.instances[probe].service);
      before = shown(probe);
      count_return(probe);
    }
    if (now_ >= kBegin + kOwnCutBegin) {
      ASSERT_EQ(shares(), shares_before_cut_) << "our own trouble changed an answer";
    }
  }

  // Within the promised time of the first failure's start nobody is sent there; unless a rule keeps it, or it is us.
  void check_detection(std::uint32_t probe) {
    const Prober& prober = probers_[probe];
    const bool is_us = now_ >= kBegin + kOwnCutBegin;
    if (!prober.failing_since || is_us) return;
    const bool is_early = prober.results <= kFall;
    const auto taken = now_ - *prober.failing_since;
    const bool is_known = verdicts_.board()->read(probe).state == State::down;
    if (!is_known) {
      ASSERT_LE(taken, is_early ? kFirstDetection : kDetection) << "probe " << probe;
      return;
    }
    if (plan_.instances[probe].service == 0) {
      ASSERT_EQ(shown(probe).share, 0);
    }
  }

  void check_service(std::uint32_t service) {
    const std::uint32_t first = service * kRegions * kInstances;
    std::array<bool, kRegions> is_served{};
    std::uint32_t serving = 0;
    for (std::uint32_t i = first; i < first + kRegions * kInstances; ++i) {
      if (shown(i).share <= kLeastShare) continue;
      ++serving;
      is_served[plan_.instances[i].region] = true;
    }
    if (plan_.services[service].regions_min > 0) {
      ASSERT_GE(std::ranges::count(is_served, true), plan_.services[service].regions_min);
    }
    ASSERT_GE(serving * 100, kRegions * kInstances * static_cast<std::uint32_t>(plan_.services[service].panic_percent));
    for (std::uint32_t client = 0; client < kClients; ++client)
      answer(service, client);
  }

  // A client asks, and gets the best region that has a place for it.
  void answer(std::uint32_t service, std::uint32_t number) {
    const IpAddress client = IpAddress::v4(0xC6336407U + (number << 8));
    const steering::Ranked ranked = rankings_[number % kRankings];
    std::uint16_t limit_s = Shown::kNoLimit;
    const auto share_of = [&](steering::TargetIndex target) {
      limit_s = std::min(limit_s, shown(target).ttl_s);
      return shown(target).share;
    };
    const steering::Pick pick = services_[service].pick(Family::v4, ranked, client, share_of, random_);
    const auto expected = best_region(service, ranked, client);
    ASSERT_EQ(pick.outcome, expected ? steering::Outcome::healthy : steering::Outcome::all_down);
    if (expected) {
      ASSERT_EQ(pick.region, *expected);
      for (std::uint8_t i = 0; i < pick.count; ++i) {
        const auto& instance = services_[service].pool(Family::v4, pick.region)[pick.instances[i]];
        ASSERT_GT(shown(instance.target).share, 0) << "an answer with an instance that is down";
        if (service == 0) {
          ASSERT_NE(shown(instance.target).state, State::down);
        }
      }
    }
    keep_promise(service, number, pick.region, limit_s);
  }

  // By the rules in plain words: the first region with an instance in whose share the client is; else the first with
  // one that is not down.
  [[nodiscard]] std::optional<steering::RegionIndex> best_region(std::uint32_t service, steering::Ranked ranked,
                                                                 IpAddress client) const {
    const std::uint64_t network = steering::hash_network(client, 24);
    for (const bool is_any_good : {false, true}) {
      for (const steering::RegionIndex region : ranked.regions) {
        const std::uint64_t id = steering::hash_name(plan_.regions[region]);
        for (const steering::Instance& instance : services_[service].pool(Family::v4, region)) {
          const Share share = shown(instance.target).share;
          if (share > 0 && (is_any_good || steering::is_admitted(share, network, id))) return region;
        }
      }
    }
    return std::nullopt;
  }

  // No answer changes while one that was given before it may still be in a cache; see kTtlSlack. Rules about the whole
  // service change it at any time.
  void keep_promise(std::uint32_t service, std::uint32_t number, steering::RegionIndex region, std::uint16_t limit_s) {
    if (service != 0 || limit_s == Shown::kNoLimit) return;
    Client& client = clients_[number];
    if (client.region && *client.region != region) {
      ASSERT_GE(now_, client.promised_until - kTtlSlack) << "from region " << int{*client.region};
      client.promised_until = now_;
      ++changes_;
    }
    client.region = region;
    client.promised_until = std::max(client.promised_until, now_ + 1s * limit_s);
  }

  // Each fall adds a flap to what decays: from `suppress` a flap takes half_life × log2(suppress / (suppress - 1)) at
  // least, so that no more come back than as many at first and one in each such time.
  void count_return(std::uint32_t instance) {
    const bool is_serving = shown(instance).share > kLeastShare;
    auto& [was_serving, count] = returns_[instance];
    if (is_serving && !was_serving) ++count;
    was_serving = is_serving;
    if (plan_.instances[instance].service != 0) return;
    const double a_flap_s = std::chrono::duration<double>(kDamping.half_life).count() *
                            std::log2(kDamping.suppress / (kDamping.suppress - 1));
    const double elapsed_s = std::chrono::duration<double>(now_ - kBegin).count();
    ASSERT_LE(count, 1 + kDamping.suppress + elapsed_s / a_flap_s);
  }

  void expect_all_well() {
    EXPECT_GT(changes_, 10) << "hardly anything happened";
    for (std::uint32_t i = 0; i < plan_.instances.size(); ++i)
      EXPECT_EQ(shown(i).share, kFullShare) << i;
  }

  Random random_;
  Plan plan_ = make_plan();
  steering::Rankings rankings_ = make_rankings();
  Verdicts verdicts_;
  std::vector<steering::Service> services_;
  std::vector<Node> nodes_;
  std::vector<Prober> probers_;
  std::vector<std::vector<Outage>> region_cuts_;
  using Due = std::pair<Moment, std::uint32_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
  Moment now_ = kBegin;
  std::vector<Share> shares_before_cut_;
  std::array<Client, kClients> clients_;  // of service 0
  std::map<std::uint32_t, std::pair<bool, double>> returns_;
  std::map<std::uint32_t, Shown> shown_before_;
  int changes_ = 0;
};

TEST(SimulatedNetwork, ClientsAreSentWhereTheRulesSayWhateverBreaks) {
  const std::uint64_t seeds = is_long_run() ? 30 : 1;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Simulation(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace rhumb::health
