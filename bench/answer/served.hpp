// What benchmarks of the responder answer from, and what they ask: a zone of 10,000 names and a service over twelve
// regions, ranked over geoip/country.mmdb. Run them in the top folder of the repository.
#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../regions.hpp"
#include "answer/snapshot.hpp"
#include "steering/ranking_compiler.hpp"
#include "support/message_bytes.hpp"
#include "support/temporary_directory.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::answer {

inline constexpr std::uint32_t kNames = 10'000;
inline constexpr std::size_t kQueries = 4'096;  // of each kind; asked in turn
inline constexpr std::uint32_t kSeed = 1034;

inline constexpr auto kRegions = std::span(geo::kBenchRegions).first<12>();

// `records` follow the zone's own SOA and NS.
inline std::shared_ptr<const zone::Zone> load_zone(std::string_view apex, const std::string& records,
                                                   const std::vector<zone::OverlayName>& overlays = {}) {
  static const test::TemporaryDirectory directory;  // one for all: making thousands takes longer than loading them
  Problems problems;
  const auto file = directory.write(
      "zone", "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n" + records);
  auto zone = zone::load_zone_file(file, *dns::Name::from_text(apex), overlays, problems);
  if (zone == nullptr) throw std::runtime_error(problems.all().front().to_string());
  return zone;
}

// With `records` beside the hosts and the alias.
inline std::shared_ptr<const zone::Zone> make_zone(const std::string& records = {}) {
  std::string text = "alias CNAME host-1\n" + records;
  for (std::uint32_t i = 0; i < kNames; ++i)
    text += "host-" + std::to_string(i) + " A " + IpAddress::v4(0x0A000000 + i).to_string() + "\n";
  return load_zone("bench.example", text, {{*dns::Name::from_text("www.bench.example"), 0, "bench"}});
}

inline steering::Service make_service() {
  Problems problems;
  const auto database = geo::load_databases(std::vector<std::string>{"geoip/country.mmdb"}, problems);
  steering::ServiceSettings settings;
  settings.name = "www.bench.example";
  settings.ttl_s = 30;
  for (std::size_t region = 0; region < kRegions.size(); ++region) {
    settings.regions.push_back(std::to_string(region));
    for (std::uint32_t instance = 0; instance < 2; ++instance) {
      const auto number = static_cast<std::uint32_t>(settings.instances.size());
      settings.instances.push_back({static_cast<steering::RegionIndex>(region), IpAddress::v4(number), number});
    }
  }
  steering::Steering steering;
  for (std::size_t region = 0; region < kRegions.size(); ++region)
    steering.preference.regions.push_back(static_cast<steering::RegionIndex>(region));
  return {std::move(settings), steering::compile_rankings(steering, kRegions, database.value())};
}

inline std::string random_host(Random& random) {
  return "host-" + std::to_string(random.below(kNames)) + ".bench.example";
}

template <typename Make>
std::vector<dns::Message> make_queries(Make make) {
  Random random(kSeed);
  std::vector<dns::Message> queries;
  while (queries.size() < kQueries)
    queries.push_back(make(random));
  return queries;
}

// A Client Subnet option with a random /24.
inline dns::Message random_subnet(Random& random) {
  const std::uint64_t client = random.next();
  return dns::client_subnet_option(1, 24,
                                   {static_cast<std::uint8_t>(client >> 24), static_cast<std::uint8_t>(client >> 16),
                                    static_cast<std::uint8_t>(client >> 8)});
}

inline dns::Message geo_ecs_query(Random& random) {
  auto query = dns::query_message("www.bench.example", dns::type::kA);
  dns::append_opt(query, random_subnet(random));
  return query;
}

}  // namespace rhumb::answer
