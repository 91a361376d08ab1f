// A name that stands in the message being written, and where: what compression pointers can lead to.
#pragma once

#include <array>
#include <cstdint>

#include "dns/lookup_name.hpp"
#include "dns/stored_record.hpp"

namespace rhumb::dns {

class PlacedName {
 public:
  // The question's name, which must outlive this.
  explicit PlacedName(const LookupName& question) noexcept : name_(&question) {}
  PlacedName(const PlacedName&) = delete;
  PlacedName& operator=(const PlacedName&) = delete;

  [[nodiscard]] const LookupName& name() const noexcept { return *name_; }

  // The name's last `size` octets, which are one of its suffixes, in lower case.
  [[nodiscard]] Bytes suffix(std::size_t size) const noexcept {
    return {name_->wire.data() + (name_->size - size), size};
  }
  // Where that suffix stands in the message.
  [[nodiscard]] std::size_t position(std::size_t suffix_size) const noexcept {
    return name_ == &target_ ? positions_[suffix_size] : kQuestionOffset + name_->size - suffix_size;
  }

  // Goes on with `name` (uncompressed), whose first `own_size` octets stand in the message at `at`; what follows them
  // is a suffix of the name before. Hashes are keyed with `hash_key`.
  void follow(Bytes name, std::size_t at, std::size_t own_size, const NameHashKey& hash_key) noexcept;

 private:
  const LookupName* name_;
  LookupName target_;                                  // every name but the first
  std::array<std::uint32_t, kNameMax + 1> positions_;  // of the target's suffixes, by size
};

}  // namespace rhumb::dns
