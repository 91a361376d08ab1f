// Everything that led to one answer, written down by the responder itself while it answers.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ip_address.hpp"
#include "dns/codes.hpp"
#include "dns/name.hpp"
#include "steering/service.hpp"
#include "zone/zones.hpp"

namespace rhumb::answer {

// One step of RFC 1034 §4.3.2: what one name led to. The first is the question, the others follow CNAMEs and DNAMEs.
struct Step {
  dns::Name name;
  zone::Lookup::Kind found;
};

// How a service on the way was steered.
struct SteeredStep {
  const steering::Service* service;
  Family family;        // of the addresses that were picked; where instances are names, Service::kFamilyOfNames
  IpAddress client;     // that decided
  bool is_from_subnet;  // by EDNS Client Subnet, not by the source address
  steering::Ranked ranked;
  steering::Pick pick;
  std::uint8_t scope_bits;  // of the client's family: all in this prefix get the same answer
  std::uint32_t ttl_s;      // at the most: as long as those asked about are likely to last, or the least
};

// Points into the snapshot that made it. Only filled by a responder that is asked to explain: allocates, unless steps
// are not wanted and what is steered has room.
struct Decision {
  const zone::Zone* zone = nullptr;  // null: not ours, or not loaded
  bool has_steps = true;             // said by who asks: the names on the way are wanted
  std::vector<Step> steps;
  std::vector<SteeredStep> steered;  // in the order in which they were taken
  dns::Rcode rcode = dns::Rcode::no_error;
  bool is_truncated = false;
};

}  // namespace rhumb::answer
