// All that a zone says, as text, to compare zones with.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "zone/zone.hpp"

namespace rhumb::zone {

inline std::string hex_text(Bytes octets) {
  std::string text;
  for (const std::uint8_t octet : octets)
    text += fmt::format("{:02x}", octet);
  return text;
}

// All that can be asked of a zone.
inline std::vector<std::string> contents(const Zone& zone) {
  std::vector<std::string> all = {fmt::format("{} {}", zone.serial(), zone.record_count())};
  for (NodeIndex node = 0; node < zone.node_count(); ++node) {
    const Node& self = zone.node(node);
    all.push_back(fmt::format("{} {} {} {} {}", hex_text(zone.owner(node)), self.taken_by, self.wildcard, self.overlay,
                              self.flags));
    for (const Rrset& rrset : zone.rrsets(node)) {
      const dns::StoredRrset stored = zone.stored(node, rrset);
      all.push_back(fmt::format("{} {} {}", rrset.type, rrset.count, hex_text(stored.records)));
      for (const std::uint16_t pointer : stored.pointers)
        all.back() += fmt::format(" {}", pointer);
      for (const Target& target : rrset.targets())
        all.back() += fmt::format(" {}-{}", target.name_offset, target.node);
    }
  }
  return all;
}

}  // namespace rhumb::zone
