// Compresses the names in one RRset's rdata while its records are written in stored form (dns/stored_record.hpp).
//
// Done once, when a zone is compiled, so that an answer is still one copy.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/stored_record.hpp"
#include "zone/array.hpp"

namespace rhumb::zone {

class NameCompressor {
 public:
  // For the RRset of `owner`, which must outlive this, and `type`; its records begin in `records` where that ends now.
  // Pointers are noted in `pointers`, by their offset from there.
  NameCompressor(Bytes owner, dns::Type type, Array<std::uint8_t>& records, Array<std::uint16_t>& pointers);

  // Appends the rdata of a record: names in it compressed if the type allows it. What comes before it in the record
  // must have been appended. `rdata` must outlive this.
  void append(Bytes rdata);

 private:
  // A suffix that a pointer can lead to.
  struct Suffix {
    Bytes name;
    std::uint16_t position;  // in the message
  };
  // RRsets with more names than this gain little from more: their names end alike, and each is compared with all.
  static constexpr std::size_t kSuffixesMax = 64;

  void append_name(Bytes name);
  [[nodiscard]] const Suffix* find(Bytes name) const noexcept;
  void remember(Bytes name, std::size_t position);

  dns::RdataLayout layout_;
  Array<std::uint8_t>& records_;
  Array<std::uint16_t>& pointers_;
  std::size_t first_;  // of the RRset, in `records_`
  std::size_t base_;   // where that stands in the message
  std::vector<Suffix> suffixes_;
};

}  // namespace rhumb::zone
