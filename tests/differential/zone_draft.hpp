// Zones as text, before any server has read them: what is generated, written to files and made smaller.
//
// Names are relative to the origin of the family they belong to, so that the same family can be put anywhere; "@" is
// the origin itself, and a name with a final dot is absolute.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rhumb::differential {

struct Record {
  std::string owner;
  std::uint32_t ttl;
  std::string type;
  std::string data;  // as a master file has it

  friend bool operator==(const Record&, const Record&) = default;
};

struct Zone {
  std::string apex;
  std::vector<Record> records;  // the SOA first
};

// Zones that lie in one another, the topmost first: a parent, and perhaps a child and that one's child. Nothing outside
// depends on them, except for what a root zone may have to say.
struct Family {
  std::string origin;  // the topmost apex: "z17.test.", "x17.", "."
  std::vector<Zone> zones;
};

// The absolute name that `relative` is under `origin`, with the final dot.
[[nodiscard]] std::string absolute(std::string_view relative, std::string_view origin);

// "@" is above everything but absolute names. A name is below itself as well.
[[nodiscard]] bool is_at_or_below(std::string_view name, std::string_view ancestor) noexcept;

// A master file.
[[nodiscard]] std::string to_text(const Zone& zone, std::string_view origin);

}  // namespace rhumb::differential
