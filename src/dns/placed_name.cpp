#include "dns/placed_name.hpp"

#include <cassert>

namespace rhumb::dns {

void PlacedName::follow(Bytes name, std::size_t at, std::size_t own_size, const NameHashKey& hash_key) noexcept {
  if (name_ != &target_) {
    for (std::size_t i = 0; i <= name_->label_count; ++i) {
      const std::size_t size = name_->size - name_->offsets[i] + 0U;
      positions_[size] = static_cast<std::uint32_t>(position(size));
    }
  }
  [[maybe_unused]] const std::size_t size = target_.parse(name, hash_key);
  assert(size == name.size());  // a zone holds valid names only
  for (std::size_t i = 0; i <= target_.label_count && target_.offsets[i] < own_size; ++i)
    positions_[target_.size - target_.offsets[i] + 0U] = static_cast<std::uint32_t>(at + target_.offsets[i]);
  name_ = &target_;
}

}  // namespace rhumb::dns
