#include "fuzz/world.hpp"

#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "fuzz/require.hpp"
#include "fuzz/scratch_file.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::fuzz {
namespace {

constexpr std::size_t kTargets = 1'024;
constexpr std::uint64_t kHashKey = 42;

enum Service : zone::Overlay { kWww, kApi, kCdn, kLabs, kTest, kApp, kServiceCount };

std::string example_zone() {
  std::string text = R"(
$TTL 300
@       SOA ns1 hostmaster 7 7200 900 1209600 60
        NS ns1
        NS ns.cut
        NS ns.elsewhere.test.
        MX 10 mail
        TXT "apex" "two"
        CAA 0 issue "ca.example.net"
ns1     A 192.0.2.53
        AAAA 2001:db8::53
mail    A 192.0.2.25
; services lie over these
www     A 192.0.2.1
        AAAA 2001:db8::1
        TXT "served as written"
        HTTPS 1 . mandatory=ipv4hint alpn=h2 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
        HTTPS 2 . ipv6hint=2001:db8::1
api     A 192.0.2.2
        A 192.0.2.3
        MX 0 .
shop    CNAME www
; delegations: with glue in the cut, beside it and elsewhere; one that is too large for UDP and for a pointer's reach
cut     NS ns.cut
        NS ns1
        NS www
        NS ns.elsewhere.test.
        DS 1 8 2 0011
ns.cut  A 192.0.2.54
        A 192.0.2.55
        AAAA 2001:db8::54
sub     NS ns.sub
        DS 2 8 2 2233
ns.sub  A 192.0.2.56
; aliases: chains, loops, wildcards, targets in other zones and in none
self    CNAME self
round1  CNAME round2
round2  CNAME round1
*.wild  CNAME www
*.spin  CNAME next.spin
*.deep  A 192.0.2.7
        AAAA 2001:db8::7
x.y.deep TXT "hides the wildcard for what is below it"
out     CNAME www.nobody.invalid.
outsub  CNAME www.sub.example.com.
tocut   CNAME host.cut
tobig   CNAME big
tonone  CNAME nothing.here
; DNAMEs: plain, in a loop of two, growing, to the root, from a name with other records
old     DNAME new
        TXT "itself has records"
www.new CNAME www
swing1  DNAME swing2
swing2  DNAME swing1
grow    DNAME a-label-that-makes-the-name-longer-with-every-step.under.grown
*.grown CNAME x.again.grow
up      DNAME .
through DNAME old
; names
\000\001\255 A 192.0.2.8
a\.b    TXT "a dot in a label"
b.c.d.ent TXT "below three names without records"
new-type TYPE65280 \# 3 abcdef
_sip._tcp SRV 1 2 5060 www
)";
  const std::string label(63, 'l');
  text += fmt::format("{0}.{0}.{0}.{1} TXT \"the longest name\"\n", label, std::string(49, 'm'));
  for (int i = 1; i <= 20; ++i)
    text += fmt::format("chain{} CNAME chain{}\n", i, i + 1);
  for (int i = 0; i < 40; ++i)
    text += fmt::format("many A 198.51.100.{}\n", i);
  for (int i = 0; i < 5; ++i)
    text += fmt::format("medium TXT \"{:-<230}\"\n", i);
  for (int i = 0; i < 240; ++i)
    text += fmt::format("big TXT \"{:-<250}\"\n", i);
  for (int i = 0; i < 400; ++i)
    text += fmt::format("wide NS {0:o<50}.wide\n{0:o<50}.wide A 203.0.113.{1}\n", i, i % 256);
  return text;
}

constexpr std::string_view kSubZone = R"(
$TTL 60
@       SOA ns hostmaster 1 2 3 4 5
        NS ns
ns      A 192.0.2.56
www     A 192.0.2.57
back    CNAME www.example.com.
deleg   NS ns.deleg
ns.deleg AAAA 2001:db8::58
)";

// One label, and a wildcard that leaves nothing unanswered.
constexpr std::string_view kTestZone = R"(
$TTL 0
@       SOA . . 0 0 0 0 0
        NS ns
        A 192.0.2.60
ns      A 192.0.2.61
*       TXT "anything"
        A 192.0.2.62
)";

// A DNAME at the apex takes all that is below it.
constexpr std::string_view kMovedZone = R"(
$TTL 2147483647
@       SOA a.b.c. d.e.f. 4294967295 2147483647 2147483647 2147483647 4294967295
        NS ns.elsewhere.test.
        DNAME example.com.
)";

constexpr std::string_view kRootZone = R"(
$TTL 86400
@       SOA a.root. b.root. 1 1800 900 604800 86400
        NS a.root.
a.root  A 198.41.0.4
net     NS a.net
        DS 1 8 2 00
a.net   A 192.0.2.70
com     NS a.net
*       CNAME a.root
)";

std::shared_ptr<const zone::Zone> make_zone(std::string_view apex, std::string_view text,
                                            const std::vector<zone::OverlayName>& overlays = {}) {
  const ScratchFile file("zone");
  file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  Problems problems;
  auto zone = zone::load_zone_file(file.path(), *dns::Name::from_text(apex), overlays, problems);
  for (const Problem& problem : problems.all()) {
    if (problem.severity == Severity::error) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
  }
  require(zone != nullptr, "the zones of the fuzzer's world are sound");
  return zone;
}

zone::OverlayName overlay(std::string_view name, Service service) {
  return {*dns::Name::from_text(name), service, "world.cpp"};
}

zone::OverlayName alias(std::string_view name, Service service) {
  return {*dns::Name::from_text(name), service, "world.cpp", true};
}

zone::Zones make_zones(bool has_root) {
  std::vector<std::shared_ptr<const zone::Zone>> zones = {
      make_zone("example.com", example_zone(),
                {overlay("www.example.com", kWww), overlay("api.example.com", kApi), overlay("*.cdn.example.com", kCdn),
                 overlay("labs.example.com", kLabs), alias("*.app.example.com", kApp)}),
      make_zone("sub.example.com", kSubZone),
      make_zone("test", kTestZone, {overlay("test", kTest)}),
      make_zone("moved.test", kMovedZone),
  };
  if (has_root) zones.push_back(make_zone(".", kRootZone));
  return {std::move(zones), kHashKey};
}

// Clients in 10.0.0.0/8 and 2001:db8:8000::/33 have the second region first, all others the first.
std::shared_ptr<const steering::RankingMap> make_ranking_map(std::size_t region_count) {
  steering::Ranking second_first;
  for (std::size_t i = 0; i < region_count; ++i) {
    second_first.regions.push_back(static_cast<steering::RegionIndex>((i + 1) % region_count));
    second_first.tiers.push_back(static_cast<std::uint8_t>(i));
  }
  steering::Rankings rankings(region_count);
  const auto id = rankings.intern(second_first);
  geo::AddressMap<steering::RankingId> networks;
  networks.v4().append(0x0A000000, id);
  networks.v4().append(0x0B000000, 0);
  networks.v4().append(0xFFFFFFFF, id);
  networks.v6().append(IpAddress::parse("2001:db8:8000::")->bits, id);
  networks.v6().append(IpAddress::parse("2001:db9::")->bits, 0);
  return std::make_shared<steering::RankingMap>(std::move(rankings), networks);
}

struct Pool {
  steering::RegionIndex region;
  const char* first_address;
  std::size_t size;
};

class Services {
 public:
  void add(std::string name, steering::WhenAllDown when_all_down, std::uint8_t answers,
           std::initializer_list<Pool> pools, std::shared_ptr<const steering::RankingMap> ranking_map) {
    steering::ServiceSettings settings;
    settings.name = std::move(name);
    settings.ttl_s = 30;
    settings.answers = answers;
    settings.when_all_down = when_all_down;
    settings.regions = {"east", "west", "south"};
    for (const Pool& pool : pools) {
      IpAddress address = *IpAddress::parse(pool.first_address);
      for (std::size_t i = 0; i < pool.size; ++i, ++address.bits)
        settings.instances.push_back({pool.region, address, next_target_++});
    }
    require(next_target_ <= kTargets, "every instance of the fuzzer's world has its target");
    services_.emplace_back(std::move(settings), std::move(ranking_map));
  }
  // Instances that are names, one a region.
  void add_alias(std::string name, std::initializer_list<const char*> targets,
                 std::shared_ptr<const steering::RankingMap> ranking_map) {
    steering::ServiceSettings settings;
    settings.name = std::move(name);
    settings.ttl_s = 30;
    settings.answers = 1;
    settings.when_all_down = steering::WhenAllDown::last_resort;
    settings.last_resort = {*IpAddress::parse("198.51.100.99")};
    settings.regions = {"east", "west", "south"};
    for (const char* target : targets) {
      settings.instances.push_back({static_cast<steering::RegionIndex>(settings.names.size()), {}, next_target_++});
      settings.names.push_back(*dns::Name::from_text(target));
    }
    services_.emplace_back(std::move(settings), std::move(ranking_map));
  }
  std::vector<steering::Service> take() { return std::move(services_); }

 private:
  steering::TargetIndex next_target_ = 0;
  std::vector<steering::Service> services_;
};

// In the order of `Service`.
std::vector<steering::Service> make_services() {
  using steering::WhenAllDown;
  constexpr std::size_t kRegionCount = 3;
  const auto nearest = make_ranking_map(kRegionCount);
  const auto listed = std::make_shared<steering::RankingMap>(steering::Rankings(kRegionCount));
  Services services;
  services.add("www", WhenAllDown::nearest, 0, {{0, "192.0.2.10", 1}, {1, "192.0.2.20", 2}, {1, "2001:db8::20", 1}},
               nearest);
  services.add("api", WhenAllDown::fallback, 2, {{0, "192.0.2.100", 5}, {2, "192.0.2.110", 1}}, nearest);
  // As many as there may be: too many for UDP.
  services.add("cdn", WhenAllDown::nodata, 0, {{1, "198.51.100.0", 255}, {2, "2001:db8:1::", 255}}, listed);
  services.add("labs", WhenAllDown::fallback, 255, {{2, "2001:db8:2::", 9}}, nearest);
  services.add("test", WhenAllDown::nodata, 1, {{0, "192.0.2.120", 3}, {1, "2001:db8:3::", 3}}, nearest);
  // To another service by a DNAME, into another zone, and round in a circle.
  services.add_alias("app", {"www.old.example.com", "back.sub.example.com", "again.app.example.com"}, nearest);
  return services.take();
}

}  // namespace

World::World(bool has_root)
    : board_(std::make_shared<health::Board>(kTargets)),
      snapshot_{make_zones(has_root), {}, make_services(), board_},
      names_{*dns::Name::from_text("nobody.invalid"), *dns::Name::from_text("."), *dns::Name::from_text("com")} {
  for (const auto& zone : snapshot_.zones.zones()) {
    for (zone::NodeIndex node = 0; node < zone->node_count(); ++node) {
      const dns::Name name = *dns::Name::from_wire(zone->owner(node));
      // Of the hundreds of hosts of the wide delegation a few are enough.
      if (name.to_text().find(".wide.") == std::string::npos || node % 100 == 0) names_.push_back(name);
    }
  }
}

void World::set_states(std::uint16_t states) const noexcept {
  constexpr std::array kStates = {health::State::unknown, health::State::up, health::State::down, health::State::down};
  for (std::size_t i = 0; i < kTargets; ++i)
    board_->write(i, kStates[states >> (i % 8 * 2) & 3U]);
}

}  // namespace rhumb::fuzz
