#include "config/region_name.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/suggestion.hpp"

namespace rhumb::config {

std::optional<std::size_t> find_region(std::string_view name, std::span<const steering::Region> regions) {
  const auto found = std::ranges::find(regions, name, &steering::Region::name);
  if (found == regions.end()) return std::nullopt;
  return static_cast<std::size_t>(found - regions.begin());
}

std::string not_a_region(std::string_view name, std::span<const steering::Region> regions) {
  std::vector<std::string_view> names;
  for (const steering::Region& region : regions)
    names.push_back(region.name);
  return fmt::format("\"{}\" is not a region{}", name, suggestion(name, names));
}

}  // namespace rhumb::config
