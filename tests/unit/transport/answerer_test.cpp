// What the threads that answer count.
#include "transport/answerer.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "geo/country_table.hpp"
#include "served_snapshot.hpp"
#include "support/dns_client.hpp"
#include "transport/tcp_server.hpp"
#include "transport/udp_server.hpp"

namespace rhumb::transport {
namespace {

using answer::Counts;
using answer::Summary;
namespace counter = answer::counter;

const std::vector kAnyPort{Endpoint{IpAddress::v4(0x7F00'0001), 0}};

template <typename Server>
Counts counts_of(const Server& server) {
  Counts counts;
  server.add_to(counts);
  return counts;
}

std::size_t place_of_a(answer::Transport transport) {
  return counter::queries(transport, Family::v4) + counter::query(dns::type::kA, dns::Rcode::no_error);
}

// One thread counts while another sums: what it sees never goes back, and in the end nothing is lost.
TEST(Answerer, CountsWhileOthersRead) {
  constexpr std::uint64_t kRounds = 20'000;
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  std::thread writer([&] {
    const std::vector<Summary> summaries(3, Summary{.type = dns::type::kA});
    for (std::uint64_t i = 0; i < kRounds; ++i)
      answerer.count(summaries, answer::Transport::udp, Family::v4, *snapshot);
  });
  std::uint64_t seen = 0;
  while (seen < 3 * kRounds) {
    Counts counts;
    counts += answerer.counters();
    ASSERT_GE(counts[place_of_a(answer::Transport::udp)], seen);
    seen = counts[place_of_a(answer::Transport::udp)];
    std::this_thread::yield();
  }
  writer.join();
  EXPECT_EQ(seen, 3 * kRounds);
}

TEST(Answerer, TimesOneAnswerInSoMany) {
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  const auto query = numbered_query("www.example.com", 1);
  std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
  const auto timed = [&answerer] {
    Counts counts;
    counts += answerer.counters();
    std::uint64_t sum = 0;
    for (std::size_t bucket = 0; bucket < answer::kTimeBuckets; ++bucket)
      sum += counts[counter::kTimes + bucket];
    return sum;
  };
  for (std::uint32_t i = 1; i <= 2 * Answerer::kTimedEvery; ++i) {
    Summary summary;
    EXPECT_GT(answerer.answer(*snapshot, {}, query, response, summary), 0U);
    EXPECT_EQ(timed(), i / Answerer::kTimedEvery);
  }
}

// Of www.example.com, which is steered, and plain.example.com, which is not. 192.0.2.0/24 is in Germany,
// 198.51.100.0/24 in France.
std::unique_ptr<answer::Snapshot> make_located_snapshot() {
  steering::ServiceSettings settings;
  settings.name = "www.example.com";
  settings.regions = {"here"};
  settings.instances = {{0, IpAddress::v4(0xCB00'7101), 0, 1}};
  const std::vector<zone::OverlayName> overlays{{*dns::Name::from_text("www.example.com"), 0, "www"}};
  constexpr std::string_view kText = "$TTL 300\n@ SOA ns h 1 1 1 1 1\n@ NS ns\nns A 192.0.2.53\nplain A 192.0.2.1\n";
  std::vector<steering::Service> services;
  services.emplace_back(std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(1)));
  auto snapshot = std::make_unique<answer::Snapshot>(
      answer::Snapshot{zone::Zones({answer::make_zone("example.com", kText, overlays)}, 1),
                       {},
                       std::move(services),
                       std::make_shared<health::Board>(1)});
  geo::Database database;
  const geo::LocationId germany = database.locations.intern({"EU", "DE", {}, {}});
  const geo::LocationId france = database.locations.intern({"EU", "FR", {}, {}});
  database.map.v4().append(0xC000'0200, germany);
  database.map.v4().append(0xC000'0300, geo::kUnknownLocation);
  database.map.v4().append(0xC633'6400, france);
  database.map.v4().append(0xC633'6500, geo::kUnknownLocation);
  snapshot->countries = std::make_shared<const geo::AddressTable>(geo::make_country_table(database));
  return snapshot;
}

constexpr answer::Client kInGermany{IpAddress::v4(0xC000'0207)};

dns::Message query_for_subnet(std::uint8_t source_bits, std::initializer_list<std::uint8_t> subnet) {
  dns::Message query = numbered_query("www.example.com", 1);
  dns::append_opt(query, dns::client_subnet_option(1, source_bits, subnet));
  return query;
}

// What is counted of so many answers, by country; "" is none.
std::map<std::string, std::uint64_t> countries_of(const answer::Snapshot& snapshot, const answer::Client& client,
                                                  const dns::Message& query, std::uint32_t answers) {
  Answerer answerer(1);
  std::vector<std::uint8_t> buffer(dns::kUdpPayloadMax);
  for (std::uint32_t i = 0; i < answers; ++i) {
    std::ranges::copy(query, buffer.begin());  // the answer is written over it, as the transports do
    Summary summary;
    EXPECT_GT(answerer.answer(snapshot, client, Bytes(buffer).first(query.size()), buffer, summary), 0U);
  }
  Counts counts;
  counts += answerer.counters();
  std::map<std::string, std::uint64_t> countries;
  for (std::size_t place = 0; place < geo::kCountryPlaces; ++place) {
    if (const std::uint64_t count = counts[counter::kCountries + place]; count > 0)
      countries[geo::country_at(place)] = count;
  }
  return countries;
}

TEST(Answerer, CountsTheCountryOfOneSteeredAnswerInSoMany) {
  using Countries = std::map<std::string, std::uint64_t>;
  const auto snapshot = make_located_snapshot();
  const dns::Message query = numbered_query("www.example.com", 1);
  EXPECT_EQ(countries_of(*snapshot, kInGermany, query, Answerer::kTimedEvery - 1), Countries());
  EXPECT_EQ(countries_of(*snapshot, kInGermany, query, 3 * Answerer::kTimedEvery), (Countries{{"DE", 3}}));
  EXPECT_EQ(countries_of(*snapshot, {}, query, Answerer::kTimedEvery), (Countries{{"", 1}})) << "of no country";
  const dns::Message plain = numbered_query("plain.example.com", 1);
  EXPECT_EQ(countries_of(*snapshot, kInGermany, plain, Answerer::kTimedEvery), Countries()) << "not steered";
  const answer::Client limited{.address = kInGermany.address, .limit = answer::Limit::truncate};
  EXPECT_EQ(countries_of(*snapshot, limited, query, Answerer::kTimedEvery), Countries()) << "nobody was decided for";
  snapshot->countries = nullptr;
  EXPECT_EQ(countries_of(*snapshot, kInGermany, query, Answerer::kTimedEvery), Countries()) << "off";
}

TEST(Answerer, CountsTheCountryOfTheClientThatDecided) {
  using Countries = std::map<std::string, std::uint64_t>;
  const auto snapshot = make_located_snapshot();
  EXPECT_EQ(countries_of(*snapshot, kInGermany, query_for_subnet(24, {198, 51, 100}), Answerer::kTimedEvery),
            (Countries{{"FR", 1}}));
  EXPECT_EQ(countries_of(*snapshot, kInGermany, query_for_subnet(0, {}), Answerer::kTimedEvery), (Countries{{"DE", 1}}))
      << "the subnet is withheld";
}

// Each logged answer is in the tap, and those that are timed are no others for it.
TEST(Answerer, LogsAsManyAsItsTapSays) {
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  const auto query = numbered_query("www.example.com", 1);
  std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
  const auto logged = [&](int queries) {
    int count = 0;
    answerer.heed_tap();
    for (int i = 0; i < queries; ++i) {
      Summary summary;
      EXPECT_GT(answerer.answer(*snapshot, {}, query, response, summary), 0U);
      if (answerer.tap().front() == nullptr) continue;
      EXPECT_EQ(dns::Message(answerer.tap().front()->query().begin(), answerer.tap().front()->query().end()), query);
      answerer.tap().pop();
      ++count;
    }
    return count;
  };
  EXPECT_EQ(logged(1'000), 0);
  answerer.tap().open(1);
  EXPECT_EQ(logged(1'000), 1'000);
  answerer.tap().open(0.1);
  EXPECT_NEAR(logged(10'000), 1'000, 5 * 30);  // five standard deviations
  answerer.tap().close();
  EXPECT_EQ(logged(1'000), 0);
  Counts counts;
  counts += answerer.counters();
  std::uint64_t timed = 0;
  for (std::size_t bucket = 0; bucket < answer::kTimeBuckets; ++bucket)
    timed += counts[counter::kTimes + bucket];
  EXPECT_EQ(timed, 13'000 / Answerer::kTimedEvery);
}

TEST(Answerer, AnswersAllTheSameWhenTheRingIsFull) {
  const auto snapshot = make_snapshot();
  Answerer answerer(1);
  answerer.tap().open(1);
  answerer.heed_tap();
  std::vector<std::uint8_t> response(dns::kUdpPayloadMax);
  for (std::size_t i = 0; i < answer::QueryTap::kRecordsMax + 5; ++i) {
    Summary summary;
    EXPECT_GT(answerer.answer(*snapshot, {}, numbered_query("www.example.com", 1), response, summary), 0U);
    EXPECT_EQ(summary.type, dns::type::kA);
  }
  EXPECT_EQ(answerer.tap().dropped(), 5U);
}

// Turned on, off and on while it answers, with another thread that reads: what the thread sanitizer is to see.
TEST(Answerer, IsReadWhileItAnswers) {
  const Published<answer::Snapshot> published(make_snapshot());
  const UdpServer server(kAnyPort, 1, published, 1);
  const test::UdpClient client(server.endpoints()[0]);
  answer::QueryTap& tap = *server.taps().front();
  for (std::uint16_t id = 0; id < 20; ++id) {
    if (id % 2 == 0) {
      tap.open(1);
    } else {
      tap.close();
    }
    ASSERT_TRUE(client.ask(numbered_query("www.example.com", id)));
    ASSERT_EQ(tap.front() != nullptr, id % 2 == 0);
    if (tap.front() == nullptr) continue;
    EXPECT_EQ(load_u16(tap.front()->query().data()), id);
    EXPECT_EQ(load_u16(tap.front()->response().data()), id);
    tap.pop();
  }
}

TEST(Answerer, OfAUdpServerCountsAnswersAndWhatDeservesNone) {
  const Published<answer::Snapshot> published(make_snapshot());
  const UdpServer server(kAnyPort, 2, published, 1);
  const test::UdpClient client(server.endpoints()[0]);
  dns::Message too_long = numbered_query("www.example.com", 7);
  too_long.resize(5'000);
  client.send(too_long);
  client.send(dns::Message(11));
  for (std::uint16_t id = 0; id < 5; ++id)
    ASSERT_TRUE(client.ask(numbered_query("www.example.com", id)));
  const Counts counts = counts_of(server);
  EXPECT_EQ(counts[place_of_a(answer::Transport::udp)], 5U) << "counted before it is sent";
  EXPECT_EQ(counts[counter::fate(answer::Transport::udp, answer::Fate::malformed)], 2U);
  EXPECT_EQ(counts[place_of_a(answer::Transport::tcp)], 0U);
}

TEST(Answerer, OfATcpServerCountsEachQueryOfAConnection) {
  const Published<answer::Snapshot> published(make_snapshot());
  const TcpServer server(kAnyPort, 1, published, 1);
  const test::TcpClient client(server.endpoints()[0]);
  for (std::uint16_t id = 0; id < 3; ++id)
    client.send_raw(test::with_length(numbered_query("www.example.com", id)));
  for (std::uint16_t id = 0; id < 3; ++id)
    ASSERT_TRUE(client.receive());
  EXPECT_EQ(counts_of(server)[place_of_a(answer::Transport::tcp)], 3U);
  EXPECT_EQ(server.connections().accepted, 1U);
  EXPECT_EQ(server.connections().open, 1U);
}

}  // namespace
}  // namespace rhumb::transport
