// What the tests of the query log ask: example.com, with www, which is steered, and the records that are made of it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "answer/query_record.hpp"
#include "answer/query_tap.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {

// Regions "east" and "west", in this order for everybody; 203.0.113.0/24 has them the other way round, and a rule,
// "French", says so. Target 0 is 192.0.2.10 in east, 1 is 192.0.2.20 in west.
class LoggedWorld {
 public:
  static constexpr std::uint64_t kAskedAtNs = 1'764'150'000'123'456'789;

  explicit LoggedWorld(const std::string& rule = "French", const std::string& region = "east")
      : board_(std::make_shared<health::Board>(2)),
        snapshot_(std::make_unique<Snapshot>(Snapshot{
            zone::Zones({make_zone("example.com",
                                   "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n",
                                   {{*dns::Name::from_text("www.example.com"), 0, "www"}})},
                        1),
            {},
            {},
            board_})) {
    snapshot_->services.push_back(make_service(rule, region));
  }

  [[nodiscard]] health::Board& board() noexcept { return *board_; }
  [[nodiscard]] const Snapshot& snapshot() const noexcept { return *snapshot_; }

  static dns::Message steered_query(std::initializer_list<std::uint8_t> subnet = {}) {
    dns::Message query = dns::query_message("wWw.example.com", dns::type::kA);
    if (subnet.size() > 0) dns::append_opt(query, dns::client_subnet_option(1, 24, subnet));
    return query;
  }

  // As the thread that answers makes it.
  void record(QueryRecord& record, const dns::Message& query, const Client& client = {IpAddress::v4(0xC000'0207)},
              double sample = 0.5) {
    std::vector<std::uint8_t> response(dns::kMessageMax);
    Decision decision;
    decision.has_steps = false;
    Summary summary;
    record.begin(client, query, kAskedAtNs, sample);
    const std::size_t size = answer(*snapshot_, client, query, response, random_, summary, &decision);
    record.end(summary, decision, Bytes(response).first(size), kAskedAtNs + 2'000);
  }

 private:
  static steering::Service make_service(const std::string& rule, const std::string& region) {
    steering::Steering steering;
    steering.rules.emplace_back().name = rule;
    steering::ServiceSettings settings;
    settings.name = "www.example.com";
    settings.ttl_s = 30;
    settings.regions = {region, "west"};
    settings.instances = {{0, *IpAddress::parse("192.0.2.10"), 0}, {1, *IpAddress::parse("192.0.2.20"), 1}};
    settings.steering = std::make_shared<steering::Steering>(steering);
    steering::Rankings rankings(2);
    const auto french = rankings.intern({{1, 0}, {0, 1}}, steering::Action::steer, 0);
    geo::AddressMap<steering::RankingId> networks;
    networks.v4().append(0xCB00'7100, french);
    networks.v4().append(0xCB00'7200, 0);
    return {std::move(settings), std::make_shared<steering::RankingMap>(std::move(rankings), networks)};
  }

  std::shared_ptr<health::Board> board_;
  std::unique_ptr<Snapshot> snapshot_;
  Random random_{1};
};

}  // namespace rhumb::answer
