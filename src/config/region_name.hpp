// Regions by their names.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "steering/region.hpp"

namespace rhumb::config {

// Its place in `regions`.
[[nodiscard]] std::optional<std::size_t> find_region(std::string_view name, std::span<const steering::Region> regions);
// That `name` is none of `regions`, with the one that was probably meant.
[[nodiscard]] std::string not_a_region(std::string_view name, std::span<const steering::Region> regions);

}  // namespace rhumb::config
