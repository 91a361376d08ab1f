#include "dns/stored_record.hpp"

namespace rhumb::dns {

RdataLayout rdata_layout(Type type) noexcept {
  switch (type) {
    case type::kNs:
    case type::kCname:
    case type::kPtr:
      return {0, 1};
    case type::kMx:
      return {2, 1};
    case type::kSoa:
      return {0, 2};
    default:
      return {};
  }
}

std::size_t compressed_size(const std::uint8_t* name) noexcept {
  std::size_t at = 0;
  while (name[at] != 0) {
    if (is_pointer(name + at)) return at + 2;
    at += name[at] + 1U;
  }
  return at + 1;
}

std::size_t expand_name(const StoredRrset& rrset, std::size_t at, Bytes owner, std::uint8_t* out) noexcept {
  const std::uint8_t* from = rrset.records.data() + at;
  std::size_t size = 0;
  while (*from != 0) {
    if (!is_pointer(from)) {
      const std::size_t label_size = *from + 1U;
      std::memcpy(out + size, from, label_size);
      size += label_size;
      from += label_size;
      continue;
    }
    const std::size_t target = pointer_target(from);
    if (rrset.is_in_owner(target)) {
      const Bytes suffix = owner.last(kQuestionOffset + rrset.owner_size - target);
      std::memcpy(out + size, suffix.data(), suffix.size());
      return size + suffix.size();
    }
    from = rrset.records.data() + (target - rrset.base());
  }
  out[size] = 0;
  return size + 1;
}

std::size_t expand_rdata(const StoredRrset& rrset, std::size_t at, Bytes owner, std::uint8_t* out) noexcept {
  const std::uint8_t* record = rrset.records.data() + at;
  const RdataLayout layout = rdata_layout(load_u16(record + 2));
  const std::size_t end = at + stored_record_size(record);
  at += kStoredRecordFixedSize;
  std::memcpy(out, rrset.records.data() + at, layout.head_size);
  std::size_t size = layout.head_size;
  at += layout.head_size;
  for (int i = 0; i < layout.name_count; ++i) {
    size += expand_name(rrset, at, owner, out + size);
    at += compressed_size(rrset.records.data() + at);
  }
  std::memcpy(out + size, rrset.records.data() + at, end - at);
  return size + end - at;
}

}  // namespace rhumb::dns
