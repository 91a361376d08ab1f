// A DNS message as a reader takes it who forgives nothing: for responses, which are ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/response_writer.hpp"

namespace rhumb::fuzz {

using WireName = std::string;  // uncompressed, lower case, with the root label

struct StrictRecord {
  dns::Section section;
  WireName owner;
  dns::Type type;
  std::uint32_t ttl;
  Bytes rdata;
  WireName target;  // of NS, CNAME, DNAME, PTR, MX and SRV
};

struct StrictOpt {
  std::uint16_t payload_size;
  std::uint8_t extended_rcode;
  std::uint8_t version;
  std::uint16_t flags;
  Bytes options;
};

struct StrictQuestion {
  WireName name;
  dns::Type type;
  dns::Class query_class;
  Bytes octets;
};

struct StrictMessage {
  std::uint16_t id;
  std::uint16_t flags;
  std::optional<StrictQuestion> question;
  std::vector<StrictRecord> records;  // without the OPT and the TSIG
  std::optional<StrictOpt> opt;
  bool has_tsig = false;
};

// Requires that the counts are true and nothing follows; that names are well formed, and every compression pointer
// leads back, to the start of a label before the name it stands in; that the rdata of the types of RFC 1035, and of
// AAAA, SRV and DNAME, is of their form; that there is at most one OPT, in its section, of the root; that no record
// stands twice. `message` must outlive the result.
[[nodiscard]] StrictMessage parse_strictly(Bytes message);

// Whether `name` is below `ancestor`.
[[nodiscard]] bool is_below(const WireName& name, const WireName& ancestor);

}  // namespace rhumb::fuzz
