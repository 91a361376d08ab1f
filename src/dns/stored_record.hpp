// Records as they are stored for answering: as they stand in a message whose question has their owner name and nothing
// else comes before them.
//
// [C0 0C] [type] [class] [TTL] [RDLENGTH] [rdata]. The common answer then is one memcpy; under another owner or at
// another place the owners and the compression pointers within the rdata are adjusted. Names in rdata are compressed in
// the types of RFC 1035 only (RFC 3597 §4): against the owner, and against names before them in the same RRset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "dns/codes.hpp"

namespace rhumb::dns {

// Where the question's name starts in every message that has one.
inline constexpr std::size_t kQuestionOffset = kHeaderSize;
// The owner: a compression pointer to the question's name (RFC 1035 §4.1.4).
inline constexpr std::uint16_t kOwnerIsQuestion = 0xC000 | kQuestionOffset;
// What comes before the rdata: owner, type, class, TTL, RDLENGTH.
inline constexpr std::size_t kStoredRecordFixedSize = 12;
// Of an A and of an AAAA record.
inline constexpr std::size_t kStoredAddressSizeV4 = kStoredRecordFixedSize + 4;
inline constexpr std::size_t kStoredAddressSizeV6 = kStoredRecordFixedSize + 16;
// The largest offset that a compression pointer can hold (RFC 1035 §4.1.4: 14 bits).
inline constexpr std::size_t kPointerMax = 0x3FFF;

[[nodiscard]] inline bool is_pointer(const std::uint8_t* name) noexcept {
  return (*name & 0xC0) == 0xC0;
}
[[nodiscard]] inline std::size_t pointer_target(const std::uint8_t* pointer) noexcept {
  return load_u16(pointer) & kPointerMax;
}

// An RRset in stored form; a view.
struct StoredRrset {
  Bytes records;
  std::span<const std::uint16_t> pointers;  // where in `records` the pointers within rdata stand, ascending
  std::uint16_t count = 0;
  std::uint8_t owner_size = 0;  // octets of the owner that it was stored for; matters if there are pointers

  // Where the first record would stand: after the question.
  [[nodiscard]] std::size_t base() const noexcept { return kQuestionOffset + owner_size + 4; }
  // Whether a pointer to `target` leads into the owner; else it leads into `records`.
  [[nodiscard]] bool is_in_owner(std::size_t target) const noexcept { return target < kQuestionOffset + owner_size; }
};

// The size of the record at `record`.
[[nodiscard]] inline std::size_t stored_record_size(const std::uint8_t* record) noexcept {
  return kStoredRecordFixedSize + load_u16(record + 10);
}

// Where the names are in rdata that may be compressed: after `head_size` octets; what follows them is not names.
struct RdataLayout {
  std::uint8_t head_size = 0;
  std::uint8_t name_count = 0;  // 0: the type is not compressed
};
[[nodiscard]] RdataLayout rdata_layout(Type type) noexcept;

// Of a record of a type that may be compressed: MX has 2 octets before its name, SOA two names and 20 octets.
inline constexpr std::size_t kExpandedRdataMax = 2 * 255 + 20;

// Writes the name at `at` in `rrset.records` to `out`, which has room for kNameMax octets, without compression, and
// returns its size. `owner` is the owner's name, or one that ends like it (a name that a wildcard stands for).
[[nodiscard]] std::size_t expand_name(const StoredRrset& rrset, std::size_t at, Bytes owner,
                                      std::uint8_t* out) noexcept;

// As expand_name(), for the whole rdata of the record at `at`, whose type may be compressed. `out` has room for
// kExpandedRdataMax octets.
[[nodiscard]] std::size_t expand_rdata(const StoredRrset& rrset, std::size_t at, Bytes owner,
                                       std::uint8_t* out) noexcept;

// The octets of the name at `name`, up to and with its root label or pointer.
[[nodiscard]] std::size_t compressed_size(const std::uint8_t* name) noexcept;

}  // namespace rhumb::dns
