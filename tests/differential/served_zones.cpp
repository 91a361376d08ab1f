#include "served_zones.hpp"

#include <algorithm>

#include "response.hpp"

namespace rhumb::differential {
namespace {

// Octets of the longest name that both are at or below.
std::size_t common_ancestor_size(std::string_view a, std::string_view b) noexcept {
  while (!is_below_wire(b, a))
    a.remove_prefix(1U + static_cast<unsigned char>(a[0]));
  return a.size();
}

}  // namespace

ServedZones::ServedZones(std::span<const Family> families) {
  for (const Family& family : families) {
    for (const Zone& zone : family.zones) {
      ServedZone served{name_from_text(absolute(zone.apex, family.origin)), {}};
      for (const Record& record : zone.records)
        served.owners.push_back({name_from_text(absolute(record.owner, family.origin)), record.type});
      zones_.push_back(std::move(served));
    }
  }
  // The longest apex that fits is the first.
  std::ranges::sort(zones_, std::ranges::greater(), [](const ServedZone& zone) { return zone.apex.size(); });
}

const ServedZones::ServedZone* ServedZones::zone_above(std::string_view name) const noexcept {
  const auto zone =
      std::ranges::find_if(zones_, [&](const ServedZone& served) { return is_below_wire(name, served.apex); });
  return zone == zones_.end() ? nullptr : &*zone;
}

const ServedZones::ServedZone* ServedZones::zone_above(std::string_view name, dns::Type type) const noexcept {
  const ServedZone* zone = zone_above(name);
  const bool is_apex = zone != nullptr && name == zone->apex && name.size() > 1;
  if (!is_apex || type != dns::type::kDs) return zone;
  const ServedZone* parent = zone_above(name.substr(1U + static_cast<unsigned char>(name[0])));
  return parent == nullptr ? zone : parent;
}

std::string_view ServedZones::apex_above(std::string_view name, dns::Type type) const noexcept {
  const ServedZone* zone = zone_above(name, type);
  return zone == nullptr ? std::string_view{} : std::string_view(zone->apex);
}

bool ServedZones::is_overlapped(std::string_view name, dns::Type type) const noexcept {
  const ServedZone* zone = zone_above(name, type);
  if (zone == nullptr) return false;
  return std::ranges::any_of(zones_, [&](const ServedZone& other) {
    const bool is_above = is_below_wire(zone->apex, other.apex);
    return &other != zone && std::ranges::any_of(other.owners, [&](const Owner& owner) {
      const bool delegates = owner.name == zone->apex && (owner.type == "NS" || owner.type == "DS");
      if (is_above) return !delegates && is_below_wire(owner.name, zone->apex);
      return is_below_wire(other.apex, zone->apex) && (other.apex.find("\1*") != std::string::npos ||
                                                       common_ancestor_size(owner.name, name) > zone->apex.size());
    });
  });
}

}  // namespace rhumb::differential
