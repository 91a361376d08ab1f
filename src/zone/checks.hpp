// What must hold of a zone before it is served, beyond what its records say each for itself.
#pragma once

#include <span>
#include <string>

#include "base/problems.hpp"
#include "zone/draft.hpp"

namespace rhumb::zone {

// A name that gets an overlay, and where that is configured.
struct OverlayName {
  dns::Name name;
  Overlay overlay;
  std::string place;      // for problems: "rhumb.json: /services/www.example.com"
  bool is_alias = false;  // it answers with CNAME records: the name must be without other data
};

// Whether the zone may have this beside an overlay that is an alias: addresses, which the overlay hides, and what
// stands beside any CNAME, DNSSEC's own records (RFC 4034 §3 and §4).
[[nodiscard]] bool stands_beside_alias(dns::Type type) noexcept;

// Reports everything that is wrong, with its place. `draft` is grouped and has the nodes of the overlays; `overlays`
// are all names of the draft's zone.
void check(const Draft& draft, std::span<const OverlayName> overlays, Problems& problems);

}  // namespace rhumb::zone
