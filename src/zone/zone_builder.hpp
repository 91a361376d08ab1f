// From records in any order to a compiled Zone, or to a list of what is wrong with them.
//
// Zone files are one source of records (zone_file.hpp); tests are another. For loading: allocates, and never changes
// a zone that is being served.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/problems.hpp"
#include "zone/checks.hpp"
#include "zone/draft.hpp"
#include "zone/name_compressor.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

class ZoneBuilder {
 public:
  // `file` is where problems with the zone as a whole are reported. `problems` must outlive the builder.
  ZoneBuilder(const dns::Name& apex, std::string file, Problems& problems);

  // For Place::file; the constructor's file is 0. At most Draft::kFilesMax in all.
  std::uint16_t add_file(std::string path) { return draft_.add_file(std::move(path)); }
  [[nodiscard]] std::string place_of(Place place) const { return draft_.place_of(place); }

  // `owner` is a valid name, uncompressed, in any case; `rdata` is valid for `type` and its names are uncompressed. The
  // class is IN. A record outside the zone is ignored with a warning.
  void add(Bytes owner, dns::Type type, std::uint32_t ttl, Bytes rdata, Place place);

  // As Draft::prefetch().
  void prefetch(std::uint64_t owner_hash) const noexcept { draft_.prefetch(owner_hash); }

  // In place of a record that is written and cannot be read; 0 if its type cannot be told either. The reason has been
  // reported; then it is not reported too that there is no such record.
  void note_unread(dns::Type type) { draft_.note_unread(type); }

  // The name exists from now on, whether it has records or not. It must not lie outside the zone.
  void add_overlay(const OverlayName& overlay);

  // What an RRset of this type takes before its records, for the address of its RdataNames.
  [[nodiscard]] static std::size_t room_for_names(dns::Type type) noexcept;

  // Null when there was an error since the builder was made. The builder is used up.
  [[nodiscard]] std::shared_ptr<const Zone> build();

 private:
  // Of an RRset with names: where those are in the zone's arrays, which still grow.
  struct NamesPlace {
    std::size_t records;
    std::size_t first_pointer;
    std::size_t pointers_end;
    std::size_t first_target;
    std::size_t targets_end;
  };

  void reserve();
  void write_nodes();
  [[nodiscard]] Rrset write_rrset(const Group& group);
  void write_record(const Group& group, std::uint32_t ttl, const Record& record, NameCompressor& compressor,
                    std::size_t first);
  void write_negative_soa();
  void link_target(const Group& group, std::size_t name_offset, Bytes rest);
  [[nodiscard]] NodeIndex find_host(Bytes rest) const noexcept;
  [[nodiscard]] bool is_to_be_told(dns::Type type, NodeIndex host) const noexcept;
  void settle_names();

  Problems& problems_;
  std::size_t errors_before_;
  bool is_full_ = false;
  Draft draft_;
  std::vector<OverlayName> overlays_;
  std::shared_ptr<Zone> zone_;
  std::vector<NamesPlace> names_;
};

}  // namespace rhumb::zone
