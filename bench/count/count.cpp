// What a query costs the server in instructions, for each kind of answer: what bench/instructions runs under callgrind.
//
// The loop of one UDP thread, with its sockets, is fed batches that are full, so that nothing depends on time: the
// counts are the same in every run. They are the whole of what a server thread executes outside of the kernel.
// Everything that a server may be asked for is on: cookies, Client Subnet, NSID, health states.
//
// Counts one round of kinds after a first that is not counted, and dumps the counters under each kind's name. Run in
// the top folder of the repository; without callgrind it does nothing that can be seen.
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <valgrind/callgrind.h>

#include "answer/snapshot.hpp"
#include "base/published.hpp"
#include "geo/database.hpp"
#include "steering/ranking_compiler.hpp"
#include "support/message_bytes.hpp"
#include "support/temporary_directory.hpp"
#include "transport/socket.hpp"
#include "transport/udp_worker.hpp"
#include "zone/zone_file.hpp"

namespace {

using namespace rhumb;

constexpr std::uint32_t kNames = 10'000;
constexpr std::size_t kBatches = 128;
constexpr std::size_t kQueries = kBatches * transport::kBatch;  // of each kind
constexpr std::uint32_t kSeed = 1034;

const std::vector<geo::Coordinates> kRegions{{38.9, -77.4}, {45.8, -119.7}, {45.5, -73.6},  {-23.5, -46.6},
                                             {53.3, -6.3},  {50.1, 8.7},    {26.1, 50.5},   {19.1, 72.9},
                                             {1.3, 103.8},  {35.7, 139.7},  {-33.9, 151.2}, {-33.9, 18.4}};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "rhumb_count: %s\n", what);
  std::exit(EXIT_FAILURE);
}

std::shared_ptr<const zone::Zone> make_zone() {
  std::string text = "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
  text += "alias CNAME host-1\n*.wild A 192.0.2.1\nchild NS ns.child\nns.child A 192.0.2.2\n";
  for (std::uint32_t i = 0; i < kNames; ++i)
    text += "host-" + std::to_string(i) + " A " + IpAddress::v4(0x0A000000 + i).to_string() + "\n";
  const test::TemporaryDirectory directory;
  Problems problems;
  auto zone = zone::load_zone_file(
      directory.write("zone", text), *dns::Name::from_text("bench.example"),
      std::vector<zone::OverlayName>{{*dns::Name::from_text("www.bench.example"), 0, "bench"}}, problems);
  if (zone == nullptr) fail("the zone is not right");
  return zone;
}

steering::Service make_service() {
  Problems problems;
  const auto database = geo::load_databases(std::vector<std::string>{"geoip/country.mmdb"}, problems);
  if (!database) fail("geoip/country.mmdb cannot be read; run this in the top folder of the repository");
  steering::ServiceSettings settings;
  settings.name = "www.bench.example";
  settings.ttl_s = 30;
  steering::Steering steering;
  for (std::size_t region = 0; region < kRegions.size(); ++region) {
    settings.regions.push_back(std::to_string(region));
    steering.preference.regions.push_back(static_cast<steering::RegionIndex>(region));
    for (int instance = 0; instance < 2; ++instance) {
      const auto number = static_cast<std::uint32_t>(settings.instances.size());
      settings.instances.push_back({static_cast<steering::RegionIndex>(region), IpAddress::v4(number), number});
    }
  }
  return {std::move(settings), steering::compile_rankings(steering, kRegions, *database)};
}

std::unique_ptr<const answer::Snapshot> make_snapshot() {
  auto snapshot = std::make_unique<answer::Snapshot>(answer::Snapshot{
      zone::Zones({make_zone()}, kSeed), {}, {}, std::make_shared<health::Board>(2 * kRegions.size())});
  snapshot->services.push_back(make_service());
  snapshot->settings.identity = "bench";
  snapshot->settings.cookies.emplace(dns::CookieSecrets::derived_from({1, 2, 3}));
  return snapshot;
}

// ------------------------------------------------------------------------------------------------ what is asked

struct Kind {
  const char* name;
  std::function<dns::Message(Random&)> query;
};

dns::Message static_query(Random& random) {
  return dns::query_message("host-" + std::to_string(random.below(kNames)) + ".bench.example", dns::type::kA);
}

dns::Message with_opt(dns::Message query, const dns::Message& options = {}) {
  dns::append_opt(query, options);
  return query;
}

dns::Message random_ecs(Random& random) {
  const std::uint32_t client = random.below(0xFFFF'FFFF);
  return dns::client_subnet_option(1, 24,
                                   {static_cast<std::uint8_t>(client >> 24), static_cast<std::uint8_t>(client >> 16),
                                    static_cast<std::uint8_t>(client >> 8)});
}

dns::Message cookie_option() {
  return {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
}

const std::vector<Kind> kKinds{
    {"static", static_query},
    {"static_edns", [](Random& random) { return with_opt(static_query(random)); }},
    {"static_cookie", [](Random& random) { return with_opt(static_query(random), cookie_option()); }},
    {"geo", [](Random&) { return dns::query_message("www.bench.example", dns::type::kA); }},
    {"geo_ecs",
     [](Random& random) {
       return with_opt(dns::query_message("www.bench.example", dns::type::kA), random_ecs(random));
     }},
    {"no_name",
     [](Random& random) {
       return dns::query_message("no-" + std::to_string(random.next()) + ".bench.example", dns::type::kA);
     }},
    {"no_data",
     [](Random& random) {
       return dns::query_message("host-" + std::to_string(random.below(kNames)) + ".bench.example", dns::type::kMx);
     }},
    {"alias", [](Random&) { return dns::query_message("alias.bench.example", dns::type::kA); }},
    {"wildcard",
     [](Random& random) {
       return dns::query_message("x" + std::to_string(random.next()) + ".wild.bench.example", dns::type::kA);
     }},
    {"referral", [](Random&) { return dns::query_message("www.child.bench.example", dns::type::kA); }},
    {"refused", [](Random&) { return dns::query_message("www.example.net", dns::type::kA); }},
};

// ---------------------------------------------------------------------------------------------------- the client

const Endpoint kAnyPort{IpAddress::v4(0x7F00'0001), 0};

class Client {
 public:
  explicit Client(const Endpoint& server) : socket_(transport::bind_socket(kAnyPort, SOCK_DGRAM, false)) {
    const transport::SocketAddress address = transport::to_socket_address(server);
    if (connect(socket_.get(), &address.any, transport::size_of(address)) != 0) fail("cannot connect");
  }

  void send(const dns::Message& query) {
    if (::send(socket_.get(), query.data(), query.size(), 0) < 0) fail("cannot send");
  }
  void expect_answer() {
    std::array<std::uint8_t, dns::kUdpPayloadMax> response;
    if (recv(socket_.get(), response.data(), response.size(), 0) < 0) fail("a query has no answer");
  }

 private:
  transport::Descriptor socket_;
};

void ask_all(const std::vector<dns::Message>& queries, Client& client, transport::UdpWorker& worker) {
  for (std::size_t first = 0; first < queries.size(); first += transport::kBatch) {
    for (std::size_t i = 0; i < transport::kBatch; ++i)
      client.send(queries[first + i]);
    // One turn; a few on a machine so busy that the kernel has not delivered all of them yet.
    const std::uint64_t expected = worker.counts().received + transport::kBatch;
    CALLGRIND_START_INSTRUMENTATION;
    while (worker.counts().received < expected)
      worker.turn();
    CALLGRIND_STOP_INSTRUMENTATION;
    for (std::size_t i = 0; i < transport::kBatch; ++i)
      client.expect_answer();
  }
}

}  // namespace

int main() {
  const Published<answer::Snapshot> snapshot(make_snapshot());
  transport::Descriptor socket = transport::bind_socket(kAnyPort, SOCK_DGRAM, true);
  Client client(transport::bound_endpoint(socket.get()));
  const auto worker = std::make_unique<transport::UdpWorker>(std::move(socket), snapshot, kSeed, nullptr);
  const ReaderThread registered;
  for (const Kind& kind : kKinds) {
    Random random(kSeed);
    std::vector<dns::Message> queries;
    while (queries.size() < kQueries)
      queries.push_back(kind.query(random));
    ask_all(queries, client, *worker);
    CALLGRIND_ZERO_STATS;
    ask_all(queries, client, *worker);
    CALLGRIND_DUMP_STATS_AT(kind.name);
  }
  std::printf("%zu\n", kQueries);
}
