#include "zone/zone_changes.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/bytes.hpp"

namespace rhumb::zone {
namespace {

bool is_equal(const Rrset& a, const Rrset& b) {
  if (!std::ranges::equal(a.records(), b.records())) return false;
  // What a compression pointer leads to is in the owner's name, and that is the same.
  const auto pointers = [](const Rrset& rrset) {
    return rrset.has_names ? rrset.names()->pointers : std::span<const std::uint16_t>();
  };
  return std::ranges::equal(pointers(a), pointers(b));
}

// Both by type.
void compare(std::span<const Rrset> before, std::span<const Rrset> after, ZoneChanges& changes) {
  while (!before.empty() || !after.empty()) {
    const bool is_gone = after.empty() || (!before.empty() && before.front().type < after.front().type);
    const bool is_new = before.empty() || (!after.empty() && after.front().type < before.front().type);
    if (is_gone) {
      ++changes.removed;
    } else if (is_new) {
      ++changes.added;
    } else if (before.front().type != dns::type::kSoa && !is_equal(before.front(), after.front())) {
      ++changes.changed;
    }
    if (!is_new) before = before.subspan(1);
    if (!is_gone) after = after.subspan(1);
  }
}

}  // namespace

ZoneChanges find_changes(const Zone& before, const Zone& after) {
  std::unordered_map<std::string_view, NodeIndex> nodes_before;
  nodes_before.reserve(before.node_count());
  for (NodeIndex node = 0; node < before.node_count(); ++node)
    nodes_before.emplace(text_of(before.owner(node)), node);
  ZoneChanges changes;
  for (NodeIndex node = 0; node < after.node_count(); ++node) {
    const auto known = nodes_before.find(text_of(after.owner(node)));
    compare(known == nodes_before.end() ? std::span<const Rrset>() : before.rrsets(known->second), after.rrsets(node),
            changes);
    if (known != nodes_before.end()) nodes_before.erase(known);
  }
  for (const auto& [owner, node] : nodes_before)
    compare(before.rrsets(node), {}, changes);
  return changes;
}

}  // namespace rhumb::zone
