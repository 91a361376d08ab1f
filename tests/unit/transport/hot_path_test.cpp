// DESIGN: from a query that is received to its answer that is sent, nothing is allocated.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "served_snapshot.hpp"
#include "support/allocation_count.hpp"
#include "support/dns_client.hpp"
#include "transport/udp_worker.hpp"

namespace rhumb::transport {
namespace {

constexpr std::string_view kZone =
    "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\nhost A 192.0.2.1\nhost MX 10 ns\n"
    "alias CNAME host\n*.wild A 192.0.2.2\nchild NS ns.child\nns.child A 192.0.2.3\nold DNAME new\nhost.new A "
    "192.0.2.4\n"
    "pick CNAME rotate\nsvc HTTPS 1 . alpn=h2\n";

// One region after the other, two instances each, of both families.
steering::Service make_service(const std::string& name, steering::Policy policy) {
  steering::ServiceSettings settings;
  settings.name = name;
  settings.ttl_s = 30;
  settings.policy = policy;
  for (steering::RegionIndex region = 0; region < 3; ++region) {
    settings.regions.push_back(std::to_string(region));
    for (steering::TargetIndex instance = 0; instance < 2; ++instance) {
      const steering::TargetIndex target = region * 2U + instance;
      settings.instances.push_back({region, IpAddress::v4(0xC000'0200 + target), target, 3});
      settings.instances.push_back({region, IpAddress::v6(U128{0x2001'0DB8} << 96 | target), target, 3});
    }
  }
  return {std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(3))};
}

std::unique_ptr<answer::Snapshot> make_steered_snapshot() {
  std::vector<zone::OverlayName> overlays;
  std::vector<steering::Service> services;
  const std::vector<std::pair<std::string, steering::Policy>> named{{"rotate", steering::Policy::rotate},
                                                                    {"weighted", steering::Policy::weighted},
                                                                    {"sticky", steering::Policy::sticky},
                                                                    {"svc", steering::Policy::rotate}};
  for (const auto& [name, policy] : named) {
    overlays.push_back(
        {*dns::Name::from_text(name + ".example.com"), static_cast<zone::Overlay>(services.size()), name});
    services.push_back(make_service(name, policy));
  }
  auto snapshot = std::make_unique<answer::Snapshot>(
      answer::Snapshot{zone::Zones({answer::make_zone("example.com", kZone, overlays)}, 1),
                       {},
                       std::move(services),
                       std::make_shared<health::Board>(6)});
  snapshot->settings.identity = "test";
  snapshot->settings.version = "test";
  snapshot->settings.cookies.emplace(dns::CookieSecrets::derived_from({1, 2, 3}));
  snapshot->counted = answer::CountedNames().place(*snapshot);
  return snapshot;
}

// Cookie, Client Subnet, NSID.
dns::Message all_options() {
  dns::Message options{0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 3, 0, 0};
  const dns::Message subnet = dns::client_subnet_option(1, 24, {198, 51, 100});
  options.insert(options.end(), subnet.begin(), subnet.end());
  return options;
}

std::vector<dns::Message> all_kinds() {
  std::vector<dns::Message> queries;
  for (const char* name :
       {"host", "alias", "x.wild", "www.child", "host.old", "no", "rotate", "weighted", "sticky", "pick"}) {
    for (const dns::Type type : {dns::type::kA, dns::type::kAaaa, dns::type::kMx, dns::type::kAny}) {
      queries.push_back(dns::query_message(std::string(name) + ".example.com", type));
      dns::append_opt(queries.emplace_back(queries.back()), all_options());
    }
  }
  queries.push_back(dns::query_message("svc.example.com", dns::type::kHttps));
  queries.push_back(dns::query_message("example.net", dns::type::kA));
  queries.push_back(dns::query_message("example.com", dns::type::kAxfr));
  queries.push_back(dns::query_message("example.com", dns::type::kA, 0x2800));  // UPDATE
  dns::Message version = dns::query_message("version.server", dns::type::kTxt);
  store_u16(version.data() + version.size() - 2, dns::kClassCh);
  queries.push_back(version);
  queries.push_back(dns::Message(12));  // no question
  return queries;
}

// Answers one query, and says how often it asked for memory.
std::uint64_t allocations_of(UdpWorker& worker, const test::UdpClient& client, const dns::Message& query) {
  client.send(query);
  const std::uint64_t before = test::allocation_count();
  worker.turn();
  const std::uint64_t after = test::allocation_count();
  EXPECT_TRUE(client.receive());
  return after - before;
}

TEST(HotPath, AllocatesNothingWhateverIsAsked) {
  const Published<answer::Snapshot> snapshot(make_steered_snapshot());
  const ReaderThread registered;
  for (const bool is_limited : {false, true}) {
    RateLimits limits;
    limits.responses_per_second = 1'000'000;
    RateLimiter limiter(limits, 1);
    Descriptor socket = bind_socket({IpAddress::v4(0x7F00'0001), 0}, SOCK_DGRAM, true);
    const test::UdpClient client(bound_endpoint(socket.get()));
    const auto worker = std::make_unique<UdpWorker>(std::move(socket), snapshot, 1, is_limited ? &limiter : nullptr);
    for (const dns::Message& query : all_kinds()) {
      EXPECT_EQ(allocations_of(*worker, client, query), 0U) << testing::PrintToString(query);
    }
  }
}

TEST(HotPath, AllocatesNothingForWhatIsLogged) {
  const Published<answer::Snapshot> snapshot(make_steered_snapshot());
  const ReaderThread registered;
  Descriptor socket = bind_socket({IpAddress::v4(0x7F00'0001), 0}, SOCK_DGRAM, true);
  const test::UdpClient client(bound_endpoint(socket.get()));
  const auto worker = std::make_unique<UdpWorker>(std::move(socket), snapshot, 1, nullptr);
  worker->tap().open(1);
  for (const dns::Message& query : all_kinds()) {
    EXPECT_EQ(allocations_of(*worker, client, query), 0U) << testing::PrintToString(query);
    ASSERT_NE(worker->tap().front(), nullptr);
    worker->tap().pop();
  }
}

TEST(HotPath, AllocatesNothingToCountACountry) {
  auto located = make_steered_snapshot();
  located->countries = std::make_shared<const geo::AddressTable>();
  const Published<answer::Snapshot> snapshot(std::move(located));
  const ReaderThread registered;
  Descriptor socket = bind_socket({IpAddress::v4(0x7F00'0001), 0}, SOCK_DGRAM, true);
  const test::UdpClient client(bound_endpoint(socket.get()));
  const auto worker = std::make_unique<UdpWorker>(std::move(socket), snapshot, 1, nullptr);
  dns::Message query = dns::query_message("rotate.example.com", dns::type::kA);
  dns::append_opt(query, all_options());
  for (std::uint32_t i = 0; i < Answerer::kTimedEvery; ++i)
    EXPECT_EQ(allocations_of(*worker, client, query), 0U) << i;
  answer::Counts counts;
  counts += worker->counters();
  EXPECT_EQ(counts[answer::counter::kCountries + geo::kNoCountryPlace], 1U);
}

TEST(HotPath, WouldBeSeenToAllocate) {
  const std::uint64_t before = test::allocation_count();
  ::operator delete(::operator new(64));
  EXPECT_EQ(test::allocation_count() - before, 1U);
}

}  // namespace
}  // namespace rhumb::transport
