// What the judge must know of the zones to say what a disagreement is about.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dns/codes.hpp"
#include "zone_draft.hpp"

namespace rhumb::differential {

// Names are in wire form and in lower case, as in a Response.
class ServedZones {
 public:
  explicit ServedZones(std::span<const Family> families);

  // The apex of the zone that answers for the name; empty if it is in none. `type` matters for DS, which a zone's apex
  // has in the zone above (RFC 4035 §3.1.4.1).
  [[nodiscard]] std::string_view apex_above(std::string_view name, dns::Type type) const noexcept;

  // Whether another zone has names that a search through all names, whatever their zone, may stumble over: a zone above
  // at or below this one's apex, beyond what delegates it, or a zone below where it shares labels with the name that
  // this one's apex does not have, or whose apex has a wildcard in it.
  [[nodiscard]] bool is_overlapped(std::string_view name, dns::Type type) const noexcept;

 private:
  struct Owner {
    std::string name;
    std::string type;
  };
  struct ServedZone {
    std::string apex;
    std::vector<Owner> owners;
  };
  [[nodiscard]] const ServedZone* zone_above(std::string_view name) const noexcept;
  [[nodiscard]] const ServedZone* zone_above(std::string_view name, dns::Type type) const noexcept;

  std::vector<ServedZone> zones_;
};

}  // namespace rhumb::differential
