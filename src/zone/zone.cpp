#include "zone/zone.hpp"

namespace rhumb::zone {

std::size_t Zone::memory_size() const noexcept {
  return sizeof *this + nodes_.capacity() * sizeof(Node) + owners_.capacity() + rrsets_.capacity() * sizeof(Rrset) +
         records_.capacity() + pointers_.capacity() * sizeof(std::uint16_t) + targets_.capacity() * sizeof(Target) +
         rdata_names_.capacity() * sizeof(RdataNames);
}

}  // namespace rhumb::zone
