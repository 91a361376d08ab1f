// One MaxMind DB file: opening it, walking its tree, reading its records. Inside this room; others use database.hpp.
//
// The file comes from outside and may be damaged. libmaxminddb checks every node and value that it decodes; what it
// does not bound, how much of them there is, is bounded here: loops and shared branches in the tree, depth and length
// of records. Whatever is wrong is thrown as Malformed.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

#include <maxminddb.h>

#include "geo/address_map.hpp"
#include "geo/location.hpp"

namespace rhumb::geo {

// Names a record of a file: its offset in the data section, plus 1.
using RecordId = std::uint32_t;
inline constexpr RecordId kNoRecord = 0;

// what() says what is wrong with the file, without its name.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class MmdbFile {
 public:
  // Every node is walked once in a sound tree; third-party writers may share a few branches.
  static constexpr std::uint64_t kVisitsPerNodeMax = 2;
  // An Enterprise record with the names in all languages has about 200 values, at most 4 deep.
  static constexpr int kRecordValuesMax = 4'096;
  static constexpr int kRecordDepthMax = 16;

  // Throws Malformed when it cannot be opened or is not a MaxMind DB.
  explicit MmdbFile(const std::string& path);
  ~MmdbFile() { MMDB_close(&mmdb_); }
  MmdbFile(const MmdbFile&) = delete;
  MmdbFile& operator=(const MmdbFile&) = delete;

  [[nodiscard]] std::string type() const;
  [[nodiscard]] std::int64_t built_at_s() const noexcept;

  // locate(record) for every network of the file, IPv4 always in the map's IPv4 list: the IPv4 subtree of an IPv6 tree
  // is walked once, and wherever else in the tree it is linked (::/96, ::ffff:0:0/96, 2002::/16, ...) nothing is known.
  // `locate` is asked once for each record, however many networks have it; not for kNoRecord. Throws what it throws.
  [[nodiscard]] AddressMap<LocationId> walk(const std::function<LocationId(RecordId)>& locate) const;

  // The sources of its fields are not set. Texts point into the file.
  [[nodiscard]] Location read(RecordId record) const;

 private:
  MMDB_s mmdb_{};
};

}  // namespace rhumb::geo
