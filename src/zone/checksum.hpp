// A checksum that finds what disks and full file systems do to a file, at the speed of memory: four lanes of wyhash's
// mixing (Wang Yi, public domain), 80 MB in some 10 ms. It is no protection against who means harm.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace rhumb::zone {

[[nodiscard]] std::uint64_t checksum(Bytes octets) noexcept;

}  // namespace rhumb::zone
