#include "zone/name_compressor.hpp"

#include <algorithm>

#include "dns/name.hpp"

namespace rhumb::zone {
namespace {

bool is_wildcard(Bytes name) noexcept {
  return name.size() > 2 && name[0] == 1 && name[1] == '*';
}

std::size_t stored_name_size(Bytes name) noexcept {
  return dns::compressed_size(name.data());
}

}  // namespace

NameCompressor::NameCompressor(Bytes owner, dns::Type type, Array<std::uint8_t>& records,
                               Array<std::uint16_t>& pointers)
    : layout_(dns::rdata_layout(type)),
      records_(records),
      pointers_(pointers),
      first_(records.size()),
      base_(dns::StoredRrset{{}, {}, 0, static_cast<std::uint8_t>(owner.size())}.base()) {
  if (layout_.name_count == 0) return;
  // What a wildcard stands for ends like it, but does not begin like it.
  std::size_t at = is_wildcard(owner) ? 2 : 0;
  for (; owner[at] != 0; at += owner[at] + 1U)
    remember(owner.subspan(at), dns::kQuestionOffset + at);
}

void NameCompressor::append(Bytes rdata) {
  records_.insert(records_.end(), rdata.begin(), rdata.begin() + layout_.head_size);
  rdata = rdata.subspan(layout_.head_size);
  for (int i = 0; i < layout_.name_count; ++i) {
    const std::size_t size = stored_name_size(rdata);
    append_name(rdata.first(size));
    rdata = rdata.subspan(size);
  }
  records_.insert(records_.end(), rdata.begin(), rdata.end());
}

void NameCompressor::append_name(Bytes name) {
  for (std::size_t at = 0; name[at] != 0; at += name[at] + 1U) {
    const std::size_t offset = records_.size() - first_;
    if (const Suffix* same = find(name.subspan(at))) {
      // A pointer past the reach of its own note cannot be moved; so large an RRset does without.
      if (offset > 0xFFFF) break;
      pointers_.push_back(static_cast<std::uint16_t>(offset));
      records_.resize(records_.size() + 2);
      store_u16(records_.data() + records_.size() - 2, static_cast<std::uint16_t>(0xC000 | same->position));
      return;
    }
    remember(name.subspan(at), base_ + offset);
    const Bytes label = name.subspan(at, name[at] + 1U);
    records_.insert(records_.end(), label.begin(), label.end());
  }
  records_.push_back(0);
}

const NameCompressor::Suffix* NameCompressor::find(Bytes name) const noexcept {
  const auto same = std::ranges::find_if(suffixes_, [&](const Suffix& suffix) {
    return std::ranges::equal(suffix.name, name, {}, dns::to_lower, dns::to_lower);
  });
  return same == suffixes_.end() ? nullptr : &*same;
}

void NameCompressor::remember(Bytes name, std::size_t position) {
  if (suffixes_.size() < kSuffixesMax && position <= dns::kPointerMax) {
    suffixes_.push_back({name, static_cast<std::uint16_t>(position)});
  }
}

}  // namespace rhumb::zone
