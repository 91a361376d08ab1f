// Networks as files list them, and the map from each address to the one that counts: the most specific.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/network.hpp"
#include "geo/address_map.hpp"

namespace rhumb::geo {

class NumberedNetworks {
 public:
  // Its number is how many were added before it.
  void add(const Network& network) {
    list_.push_back({network.address, network.prefix_bits, static_cast<std::uint32_t>(list_.size() + 1)});
  }

  // From each address to one more than the number of the most specific network that it is in, of equal ones the first;
  // 0: none. Of equal networks `repeat(number, later_number)` is called for each and the next one that is equal.
  template <typename Repeat>
  [[nodiscard]] AddressMap<std::uint32_t> map(Repeat repeat) const {
    // Equal networks lie inside each other, the first innermost.
    const auto take_inner = [&](std::uint32_t around, std::uint32_t own) {
      if (around != 0 && (*this)[around - 1] == (*this)[own - 1]) repeat(own - 1, around - 1);
      return own;
    };
    return map_of_networks<std::uint32_t>(list_, take_inner);
  }

  [[nodiscard]] Network operator[](std::size_t number) const noexcept {
    return {list_[number].network, static_cast<std::uint8_t>(list_[number].prefix_bits)};
  }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }

 private:
  std::vector<NetworkValue<std::uint32_t>> list_;
};

}  // namespace rhumb::geo
