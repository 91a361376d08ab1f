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
  std::string place;  // for problems: "rhumb.json: /services/www.example.com"
};

// Reports everything that is wrong, with its place. `draft` is grouped and has the nodes of the overlays; `overlays`
// are all names of the draft's zone.
void check(const Draft& draft, std::span<const OverlayName> overlays, Problems& problems);

}  // namespace rhumb::zone
