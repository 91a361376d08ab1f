// Queries and options read a second time, octet by octet and with no thought of speed: what the readers of src/dns are
// compared with.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "fuzz/strict_message.hpp"

namespace rhumb::fuzz {

struct ReferenceSubnet {
  std::uint16_t family;
  std::uint8_t source_bits;
  std::vector<std::uint8_t> address;  // ADDRESS as it was sent

  friend bool operator==(const ReferenceSubnet&, const ReferenceSubnet&) = default;
};

struct ReferenceOptions {
  bool is_well_formed;
  std::optional<ReferenceSubnet> subnet = std::nullopt;  // the first of a family that is known
  bool has_cookie = false;
  bool asks_keepalive = false;
};

struct ReferenceQuery {
  std::optional<StrictQuestion> question;
  bool is_well_formed = false;  // every record, if not their number
  unsigned questions = 0;
  unsigned answers = 0;
  unsigned authorities = 0;
  bool has_tsig = false;  // well formed or not
  bool has_cookie = false;
  bool asks_keepalive = false;
  std::optional<StrictOpt> opt;  // this and `subnet`: of a well-formed query
  std::optional<ReferenceSubnet> subnet;
};

[[nodiscard]] ReferenceOptions read_options(Bytes options);

// `message` has a header at least.
[[nodiscard]] ReferenceQuery read_query(Bytes message);

}  // namespace rhumb::fuzz
