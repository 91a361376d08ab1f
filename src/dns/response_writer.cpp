#include "dns/response_writer.hpp"

#include <algorithm>
#include <cassert>

namespace rhumb::dns {
namespace {

constexpr std::uint16_t kOpcodeBits = 0x7800;
constexpr std::uint16_t kBadKey = 17;  // RFC 8945 §5.2.1

// Of records of one size, known here: a copy of so few octets then is a load and a store or two, not a call.
template <std::size_t kSize>
void copy_chosen(Bytes records, std::span<const std::uint8_t> chosen, std::uint8_t* to) noexcept {
  for (const std::uint8_t record : chosen) {
    std::memcpy(to, records.data() + record * kSize, kSize);
    to += kSize;
  }
}

}  // namespace

ResponseWriter::ResponseWriter(MutableBytes buffer, std::size_t limit, Bytes message, const Query& query,
                               const OptRecord* opt) noexcept
    : buffer_(buffer),
      opt_(opt),
      limit_(limit - (opt != nullptr ? opt->wire_size() : 0)),
      size_(kHeaderSize + query.question_size),
      question_size_(query.question_size),
      flags_(static_cast<std::uint16_t>(flag::kQr | (query.flags & (kOpcodeBits | flag::kRd)))) {
  assert(limit <= buffer.size() && limit >= kUdpPayloadMin);
  if (buffer_.data() != message.data()) std::memcpy(buffer_.data(), message.data(), size_);
}

// An RRset that does not stand as it is stored: its owner is not the question, or there are pointers in it.
bool ResponseWriter::write_adjusted(Section section, const StoredRrset& rrset, const PlacedName& name,
                                    std::size_t owner_size, std::size_t owner_position) noexcept {
  const std::size_t from = size_;
  // Past the reach of pointers, in messages that only TCP can carry, names are written out.
  const std::size_t last_target = rrset.pointers.empty() ? owner_position : size_ + rrset.records.size();
  if (std::max(owner_position, last_target) > kPointerMax)
    return write_expanded(section, rrset, name.suffix(owner_size), owner_position);
  if (!has_room_for(rrset.records.size())) return false;
  std::memcpy(buffer_.data() + from, rrset.records.data(), rrset.records.size());
  commit(section, rrset.records.size(), rrset.count);
  replace_owners(from, owner_position);
  const bool is_as_stored = from == rrset.base() && owner_position == kQuestionOffset;
  if (!rrset.pointers.empty() && !is_as_stored) replace_pointers(from, rrset, name);
  return true;
}

bool ResponseWriter::write_chosen(Section section, Bytes records, std::size_t record_size,
                                  std::span<const std::uint8_t> chosen, const PlacedName& name) noexcept {
  assert(record_size == kStoredAddressSizeV4 || record_size == kStoredAddressSizeV6);
  if (!has_room_for(chosen.size() * record_size)) return false;
  const std::size_t from = size_;
  if (record_size == kStoredAddressSizeV4) {
    copy_chosen<kStoredAddressSizeV4>(records, chosen, buffer_.data() + from);
  } else {
    copy_chosen<kStoredAddressSizeV6>(records, chosen, buffer_.data() + from);
  }
  commit(section, chosen.size() * record_size, chosen.size());
  // No chain of CNAMEs gets past the reach of pointers: kChainMax names of kNameMax octets.
  replace_owners(from, name.position(name.name().size));
  return true;
}

bool ResponseWriter::write_for(Section section, const StoredRrset& rrset, Bytes owner, std::size_t position) noexcept {
  assert(rrset.pointers.empty());
  if (position > kPointerMax) return write_expanded(section, rrset, owner, position);
  if (!has_room_for(rrset.records.size())) return false;
  const std::size_t from = size_;
  std::memcpy(buffer_.data() + from, rrset.records.data(), rrset.records.size());
  commit(section, rrset.records.size(), rrset.count);
  replace_owners(from, position);
  return true;
}

void ResponseWriter::limit_ttls(std::size_t from, std::uint32_t ttl_s) noexcept {
  constexpr std::size_t kTtlAt = 4;  // after type and class
  constexpr std::size_t kFixedSize = kStoredRecordFixedSize - sizeof kOwnerIsQuestion;
  for (std::size_t at = from; at < size_;) {
    while (buffer_[at] != 0 && !is_pointer(buffer_.data() + at))
      at += std::size_t{1} + buffer_[at];
    at += buffer_[at] == 0 ? 1 : 2;
    std::uint8_t* const fixed = buffer_.data() + at;
    if (load_u32(fixed + kTtlAt) > ttl_s) store_u32(fixed + kTtlAt, ttl_s);
    at += kFixedSize + load_u16(fixed + kFixedSize - 2);
  }
}

// In the records from `from` to the end, which all have the stored owner.
void ResponseWriter::replace_owners(std::size_t from, std::size_t owner_position) noexcept {
  if (owner_position == kQuestionOffset) return;
  assert(owner_position <= kPointerMax);
  const auto pointer = static_cast<std::uint16_t>(0xC000 | owner_position);
  for (std::size_t at = from; at < size_; at += stored_record_size(buffer_.data() + at)) {
    store_u16(buffer_.data() + at, pointer);
  }
}

// In the rdata of `rrset`, which stands at `from`: what leads into the owner leads into the suffixes of `name`.
void ResponseWriter::replace_pointers(std::size_t from, const StoredRrset& rrset, const PlacedName& name) noexcept {
  for (const std::uint16_t at : rrset.pointers) {
    std::uint8_t* pointer = buffer_.data() + from + at;
    const std::size_t stored = pointer_target(pointer);
    const std::size_t target = rrset.is_in_owner(stored) ? name.position(kQuestionOffset + rrset.owner_size - stored)
                                                         : from + (stored - rrset.base());
    store_u16(pointer, static_cast<std::uint16_t>(0xC000 | target));
  }
}

// The rdata without compression, and the owner too if it stands where no pointer reaches. A zone refuses RRsets that do
// not fit so (zone::kRecordsMax counts an owner as a pointer and rdata uncompressed).
bool ResponseWriter::write_expanded(Section section, const StoredRrset& rrset, Bytes owner,
                                    std::size_t owner_position) noexcept {
  std::array<std::uint8_t, sizeof kOwnerIsQuestion> pointer;
  store_u16(pointer.data(), static_cast<std::uint16_t>(0xC000 | owner_position));
  const Bytes owner_field = owner_position > kPointerMax ? owner : Bytes(pointer);
  std::size_t end = size_;
  for (std::size_t at = 0; at < rrset.records.size(); at += stored_record_size(rrset.records.data() + at)) {
    const std::uint8_t* record = rrset.records.data() + at;
    Bytes rdata{record + kStoredRecordFixedSize, stored_record_size(record) - kStoredRecordFixedSize};
    std::array<std::uint8_t, kExpandedRdataMax> expanded;
    if (!rrset.pointers.empty()) rdata = {expanded.data(), expand_rdata(rrset, at, owner, expanded.data())};

    constexpr std::size_t kFixedSize = kStoredRecordFixedSize - sizeof kOwnerIsQuestion;
    const std::size_t size = owner_field.size() + kFixedSize + rdata.size();
    if (limit_ - end < size) return false;
    std::uint8_t* out = std::ranges::copy(owner_field, buffer_.data() + end).out;
    std::memcpy(out, record + sizeof kOwnerIsQuestion, kFixedSize);
    store_u16(out + kFixedSize - 2, static_cast<std::uint16_t>(rdata.size()));
    std::ranges::copy(rdata, out + kFixedSize);
    end += size;
  }
  commit(section, end - size_, rrset.count);
  return true;
}

void ResponseWriter::refuse_key(Bytes message, const Tsig& tsig) noexcept {
  assert(opt_ == nullptr && size_ == kHeaderSize + question_size_ && tsig.offset >= size_);
  const std::size_t kept_size =
      tsig.key_name_size + 10U + tsig.algorithm_size + 8U;  // to the time signed and the fudge
  constexpr std::size_t kRestSize = 8;                      // MAC size, original id, error, other length
  if (!has_room_for(kept_size + kRestSize)) return;
  std::uint8_t* at = buffer_.data() + size_;
  std::memmove(at, message.data() + tsig.offset, kept_size);
  store_u16(at + tsig.key_name_size + 2U, kClassAny);  // RFC 8945 §4.2, whatever the query's had
  store_u32(at + tsig.key_name_size + 4U, 0);
  store_u16(at + tsig.key_name_size + 8U, static_cast<std::uint16_t>(tsig.algorithm_size + 8U + kRestSize));
  at += kept_size;
  store_u16(at, 0);
  std::memcpy(at + 2, buffer_.data(), 2);
  store_u16(at + 4, kBadKey);
  store_u16(at + 6, 0);
  commit(Section::additional, kept_size + kRestSize, 1);
}

std::size_t ResponseWriter::finish(std::uint8_t scope_bits) noexcept {
  if (opt_ != nullptr) {
    if (!has_room_for(kExtendedErrorSize)) extended_error_.reset();
    size_ += write_opt(buffer_.data() + size_, *opt_, rcode_, scope_bits, extended_error_);
    commit(Section::additional, 0, 1);
  }
  std::uint8_t* header = buffer_.data();
  store_u16(header + 2, static_cast<std::uint16_t>(flags_ | (static_cast<std::uint16_t>(rcode_) & 0xF)));
  store_u64(header + 4, std::uint64_t{question_size_ > 0} << 48 | std::uint64_t{counts_[0]} << 32 |
                            std::uint64_t{counts_[1]} << 16 | counts_[2]);
  return size_;
}

}  // namespace rhumb::dns
