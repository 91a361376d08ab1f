#include <algorithm>
#include <string_view>
#include <vector>

#include "dns/codes.hpp"
#include "fuzz/require.hpp"
#include "fuzz/response_rules.hpp"
#include "fuzz/scratch_file.hpp"
#include "fuzz/targets.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::fuzz {
namespace {

constexpr std::string_view kApex = "example";
constexpr std::size_t kNodesMax = 40;  // that are asked for, so that a large zone does not take seconds

// Whether the text could name a file outside of its own directory.
bool leads_out(std::string_view text) {
  constexpr std::string_view kInclude = "$include";
  const auto equal = [](char a, char b) { return dns::to_lower(static_cast<std::uint8_t>(a)) == b; };
  return text.find('/') != std::string_view::npos &&
         std::search(text.begin(), text.end(), kInclude.begin(), kInclude.end(), equal) != text.end();
}

void check_problems(const Problems& problems, std::string_view directory) {
  for (const Problem& problem : problems.all()) {
    require(problem.place.starts_with(directory), "a problem has the place of a file");
    require(!problem.message.empty(), "a problem says what is wrong");
  }
}

std::vector<std::uint8_t> query_for(Bytes prefix, Bytes name, dns::Type type) {
  std::vector<std::uint8_t> query = {0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  query.insert(query.end(), prefix.begin(), prefix.end());
  query.insert(query.end(), name.begin(), name.end());
  query.resize(query.size() + 4);
  store_u16(query.data() + query.size() - 4, type);
  store_u16(query.data() + query.size() - 2, dns::kClassIn);
  return query;
}

// At the node and below it, for every type there is and some there are not.
void ask_at(const answer::Snapshot& snapshot, const zone::Zone& zone, zone::NodeIndex node) {
  constexpr std::uint8_t kChild[] = {1, 'x'};
  const answer::Client client{IpAddress::v4(0x0A000001), answer::Transport::tcp};
  std::vector<dns::Type> types = {dns::type::kA, dns::type::kDs, dns::type::kAny};
  for (const zone::Rrset& rrset : zone.rrsets(node))
    types.push_back(rrset.type);
  for (const dns::Type type : types)
    ask_and_check(snapshot, client, query_for({}, zone.owner(node), type), 1);
  const answer::Client client_udp{IpAddress::v4(0x0A000001), answer::Transport::udp};
  if (zone.owner(node).size() + sizeof kChild <= dns::kNameMax) {
    ask_and_check(snapshot, client_udp, query_for(kChild, zone.owner(node), dns::type::kA), 1);
  }
}

}  // namespace

void fuzz_zone(Bytes octets) {
  static const ScratchFile file("zone");
  static const bool has_included = [] {
    file.directory().write("included", "included A 192.0.2.1\n$INCLUDE zone\n$ORIGIN a.example.\n@ TXT \"origin\"\n");
    return true;
  }();
  static_cast<void>(has_included);
  if (leads_out({reinterpret_cast<const char*>(octets.data()), octets.size()})) return;

  file.write(octets);
  const dns::Name apex = *dns::Name::from_text(kApex);
  const std::vector<zone::OverlayName> overlays = {{*dns::Name::from_text("www.example"), 0, file.path().string()}};
  Problems problems;
  const auto zone = zone::load_zone_file(file.path(), apex, overlays, problems);
  require((zone == nullptr) == problems.has_errors(), "a zone is loaded when it has no errors");
  check_problems(problems, file.directory().path().string());
  if (zone == nullptr) return;

  steering::ServiceSettings settings;
  settings.regions = {"one"};
  settings.instances = {{0, IpAddress::v4(0xC0000201), 0}};
  std::vector<steering::Service> services;
  services.emplace_back(std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(1)));
  const answer::Snapshot snapshot{zone::Zones({zone}, 42), {}, std::move(services), std::make_shared<health::Board>(1)};
  const std::size_t count = std::min(zone->node_count(), kNodesMax);
  for (std::size_t node = 0; node < count; ++node)
    ask_at(snapshot, *zone, static_cast<zone::NodeIndex>(node));
}

}  // namespace rhumb::fuzz
