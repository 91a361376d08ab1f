#include "zone/zone.hpp"

namespace rhumb::zone {

std::size_t Zone::memory_size() const noexcept {
  return sizeof *this + nodes_.size() * sizeof(Node) + owners_.size() + rrsets_.size() * sizeof(Rrset) +
         records_.size() + pointers_.size() * sizeof(std::uint16_t) + targets_.size() * sizeof(Target) +
         rdata_names_.size() * sizeof(RdataNames);
}

}  // namespace rhumb::zone
