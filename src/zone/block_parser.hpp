// Takes a block of a master file to pieces, as far as that can be done without what comes before the block: all but
// which owner and TTL a record takes from the one before it, and what $TTL and $INCLUDE do.
//
// A pure function of the block and the origin that is in force where it begins. So it makes no difference on which
// thread, or how often, a block is parsed: reading a file in parallel gives what reading it in one go does, as long as
// the blocks are put together in order and each was parsed with the right origin (zone_file.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/problems.hpp"
#include "dns/codes.hpp"
#include "dns/name.hpp"
#include "zone/block_reader.hpp"

namespace rhumb::zone {

// The TTL "3600" or "1h30m" in seconds, and what is wrong with it: an error, or a warning that it counts as another.
struct ReadTtl {
  std::optional<std::uint32_t> ttl_s;
  std::optional<Problem> problem;  // without a place
};
[[nodiscard]] ReadTtl read_ttl(std::string_view text);

struct ParsedEntry {
  enum class Kind : std::uint8_t {
    record,       // data() is its rdata
    unread,       // a record that cannot be read, of `type` if that can be told, else 0
    no_owner,     // a record whose owner is malformed; those after it that should have the same have none
    broken,       // something that is neither record nor directive
    origin,       // $ORIGIN; nothing is left to be done
    default_ttl,  // $TTL: data() is what follows it
    include,      // $INCLUDE: data() is what follows it, name() the origin
  };
  Kind kind = Kind::broken;
  bool has_owner_of_before = false;  // a record, read or unread; else name() is its owner. Without such, it is none
  bool takes_ttl = false;            // a record with a whole header: its TTL, if it has one, holds on
  std::uint8_t name_size = 0;
  std::uint16_t data_size = 0;
  dns::Type type = 0;
  std::uint32_t line = 0;
  std::uint32_t at = 0;  // of the name, and the data after it
  std::optional<std::uint32_t> ttl_s;
  std::uint32_t problem_count = 0;
  std::uint64_t name_hash = 0;  // of a record's own owner, as Draft::prefetch() takes it
};

struct ParsedBlock {
  dns::Name origin;        // that it was parsed with
  dns::Name origin_after;  // that is in force where it ends
  std::vector<ParsedEntry> entries;
  std::vector<std::uint8_t> octets;
  std::vector<Problem> problems;  // of all entries in order, without places; each is at its entry's line

  [[nodiscard]] Bytes name(const ParsedEntry& entry) const noexcept {
    return Bytes(octets).subspan(entry.at, entry.name_size);
  }
  [[nodiscard]] Bytes data(const ParsedEntry& entry) const noexcept {
    return Bytes(octets).subspan(entry.at + entry.name_size, entry.data_size);
  }
};

[[nodiscard]] ParsedBlock parse_block(const TextBlock& block, const dns::Name& origin);

}  // namespace rhumb::zone
