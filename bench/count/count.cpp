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
#include <string_view>
#include <vector>

#include <valgrind/callgrind.h>

#include "../answer/served.hpp"
#include "base/published.hpp"
#include "transport/socket.hpp"
#include "transport/udp_worker.hpp"

namespace {

using namespace rhumb;
using answer::random_host;

constexpr std::string_view kRecords = "*.wild A 192.0.2.1\nchild NS ns.child\nns.child A 192.0.2.2\n";

static_assert(answer::kQueries % transport::kBatch == 0, "every batch is full");

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "rhumb_count: %s\n", what);
  std::exit(EXIT_FAILURE);
}

std::unique_ptr<const answer::Snapshot> make_snapshot() {
  auto snapshot = std::make_unique<answer::Snapshot>(
      answer::Snapshot{zone::Zones({answer::make_zone(std::string(kRecords))}, answer::kSeed),
                       {},
                       {},
                       std::make_shared<health::Board>(2 * answer::kRegions.size())});
  snapshot->services.push_back(answer::make_service());
  snapshot->settings.identity = "bench";
  snapshot->settings.cookies.emplace(dns::CookieSecrets::derived_from({1, 2, 3}));
  snapshot->counted = answer::CountedNames().place(*snapshot);
  return snapshot;
}

// ------------------------------------------------------------------------------------------------ what is asked

struct Kind {
  const char* name;
  std::function<dns::Message(Random&)> query;
  double logged = 0;  // the share of the queries that is
};

dns::Message static_query(Random& random) {
  return dns::query_message(random_host(random), dns::type::kA);
}

dns::Message with_opt(dns::Message query, const dns::Message& options = {}) {
  dns::append_opt(query, options);
  return query;
}

dns::Message cookie_option() {
  return {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
}

const std::vector<Kind> kKinds{
    {"static", static_query},
    {"static_edns", [](Random& random) { return with_opt(static_query(random)); }},
    {"static_cookie", [](Random& random) { return with_opt(static_query(random), cookie_option()); }},
    {"geo", [](Random&) { return dns::query_message("www.bench.example", dns::type::kA); }},
    {"geo_ecs", answer::geo_ecs_query},
    {"no_name",
     [](Random& random) {
       return dns::query_message("no-" + std::to_string(random.next()) + ".bench.example", dns::type::kA);
     }},
    {"no_data", [](Random& random) { return dns::query_message(random_host(random), dns::type::kMx); }},
    {"alias", [](Random&) { return dns::query_message("alias.bench.example", dns::type::kA); }},
    {"wildcard",
     [](Random& random) {
       return dns::query_message("x" + std::to_string(random.next()) + ".wild.bench.example", dns::type::kA);
     }},
    {"referral", [](Random&) { return dns::query_message("www.child.bench.example", dns::type::kA); }},
    {"refused", [](Random&) { return dns::query_message("www.example.net", dns::type::kA); }},
    // These come last: what is drawn for them would move the others' random numbers.
    {"static_logged", static_query, 0.01},
    {"geo_ecs_logged", answer::geo_ecs_query, 0.01},
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
    while (worker.tap().front() != nullptr)  // another thread's work
      worker.tap().pop();
  }
}

}  // namespace

int main() {
  const Published<answer::Snapshot> snapshot(make_snapshot());
  transport::Descriptor socket = transport::bind_socket(kAnyPort, SOCK_DGRAM, true);
  Client client(transport::bound_endpoint(socket.get()));
  const auto worker = std::make_unique<transport::UdpWorker>(std::move(socket), snapshot, answer::kSeed, nullptr);
  const ReaderThread registered;
  for (const Kind& kind : kKinds) {
    const auto queries = answer::make_queries(kind.query);
    if (kind.logged > 0) worker->tap().open(kind.logged);
    ask_all(queries, client, *worker);
    CALLGRIND_ZERO_STATS;
    ask_all(queries, client, *worker);
    CALLGRIND_DUMP_STATS_AT(kind.name);
  }
  std::printf("%zu\n", answer::kQueries);
}
