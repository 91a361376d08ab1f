// Whether arrays that were read from a file make a zone that can be answered from.
//
// The builder (zone_builder.hpp) leaves no freedom in how a zone lies in memory: RRsets follow their nodes, records
// their RRsets, and what refers to something else refers to what comes next. So a file's numbers are not just checked
// for their range, they are compared with the only ones that there could be. After that no answer can read outside of
// the arrays, whatever else is in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dns/name.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

// As Rrset and RdataNames stand in a file: with numbers for addresses.
struct FileRrset {
  dns::Type type;
  std::uint16_t count;
  std::uint16_t records_size;
  std::uint16_t has_names;
  std::uint64_t records_at;
};
static_assert(sizeof(FileRrset) == sizeof(Rrset));
struct FileNames {
  std::uint64_t first_pointer;
  std::uint64_t pointer_count;
  std::uint64_t first_target;
  std::uint64_t target_count;
};

struct FileArrays {
  std::span<const Node> nodes;  // with the one that ends them
  Bytes owners;
  std::span<const FileRrset> rrsets;  // the negative SOA is the last
  Bytes records;                      // before those of an RRset with names stands the number of its FileNames
  std::span<const std::uint16_t> pointers;
  std::span<const Target> targets;
  std::span<const FileNames> names;
};

// `overlay_count`: overlays in nodes are less than this.
[[nodiscard]] bool is_sound(const FileArrays& zone, const dns::Name& apex, std::size_t overlay_count);

}  // namespace rhumb::zone
