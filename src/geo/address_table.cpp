#include "geo/address_table.hpp"

#include <algorithm>
#include <cassert>
#include <span>
#include <stdexcept>
#include <string>

namespace rhumb::geo {
namespace {

// The reserved value of kEmbeddings[0]; those of the others follow.
constexpr std::uint32_t kEmbeddingFirst = AddressTable::kValueMax + 1;

template <typename List>
void check_limits(const List& list) {
  if (list.size() > AddressTable::kRangesMax) {
    throw std::length_error("an address table holds up to " + std::to_string(AddressTable::kRangesMax) +
                            " ranges in a family, not " + std::to_string(list.size()));
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list.value(i) > AddressTable::kValueMax) {
      throw std::length_error("an address table holds values up to " + std::to_string(AddressTable::kValueMax) +
                              ", not " + std::to_string(list.value(i)));
    }
  }
}

// `list` with the reserved values of the embeddings laid over it.
RangeList<U128, std::uint32_t> with_embeddings(const RangeList<U128, std::uint32_t>& list) {
  RangeList<U128, std::uint32_t> embeddings;
  std::uint32_t value = kEmbeddingFirst;
  for (const Embedding& embedding : kEmbeddings) {
    embeddings.append(embedding.network, value++);
    embeddings.append(embedding.network + (U128{1} << (kBitsV6 - embedding.prefix_bits)), 0);
  }
  const auto embedding_first = [](std::uint32_t of_list, std::uint32_t of_embedding) {
    return of_embedding != 0 ? of_embedding : of_list;
  };
  RangeList<U128, std::uint32_t> result;
  overlay_lists(list, embeddings, embedding_first, result);
  return result;
}

}  // namespace

struct AddressTable::Compiler {
  // What happens from digit `first` on.
  struct Step {
    std::uint16_t first;
    Target target;
  };

  std::vector<std::uint16_t>& nodes;

  // 65,535 stands for none before 0.
  static std::uint16_t before(std::size_t digit) { return static_cast<std::uint16_t>(digit - 1); }

  template <typename Key>
  Root compile_root(const RangeList<Key, std::uint32_t>& list) {
    const std::vector<Step> steps = compile_digit(list, 0, list.size(), 0);
    Root root{std::vector<Target>(kDigits), std::vector<std::uint8_t>(kDigits)};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto [first, target] = steps[i];
      const std::size_t end = i + 1 < steps.size() ? steps[i + 1].first : kDigits;
      for (std::size_t digit = first; digit < end; ++digit) {
        root.targets[digit] = target;
        root.scope_bits[digit] =
            static_cast<std::uint8_t>(scope_in_range(static_cast<std::uint16_t>(digit), before(first), before(end)));
      }
    }
    return root;
  }

  // The steps of one digit, with nodes for the digits inside of which the value changes. The ranges [begin, end) of
  // `list` are those with addresses that agree in the `used_bits` bits before the digit; the first and the last of them
  // may reach beyond.
  template <typename Key>
  std::vector<Step> compile_digit(const RangeList<Key, std::uint32_t>& list, std::size_t begin, std::size_t end,
                                  unsigned used_bits) {
    const auto digit_of = [&](std::size_t range) {
      return static_cast<std::uint16_t>(static_cast<Key>(list.first(range) << used_bits) >> kShift<Key>);
    };
    const auto begins_digit = [&](std::size_t range) {
      return used_bits == kShift<Key> || static_cast<Key>(list.first(range) << (used_bits + kDigitBits)) == 0;
    };

    std::vector<Step> steps{{0, list.value(begin)}};
    const auto add = [&](std::uint16_t first, Target target) {
      if (steps.back().first == first) steps.pop_back();
      steps.push_back({first, target});
    };
    for (std::size_t range = begin + 1; range < end;) {
      const std::uint16_t digit = digit_of(range);
      std::size_t next = range + 1;
      while (next < end && digit_of(next) == digit)
        ++next;
      if (next == range + 1 && begins_digit(range)) {
        add(digit, list.value(range));
      } else {
        const std::size_t first_inside = begins_digit(range) ? range : range - 1;
        add(digit, compile_node(compile_digit(list, first_inside, next, used_bits + kDigitBits)));
        if (digit + 1U < kDigits) add(static_cast<std::uint16_t>(digit + 1), list.value(next - 1));
      }
      range = next;
    }
    return steps;
  }

  // Writes a node, after those that it leads to.
  Target compile_node(std::span<const Step> steps) {
    const std::size_t node = nodes.size();
    if (node / kUnit > kPlaceMask) throw std::length_error("an address table's nodes take up to 1 GB");
    const unsigned index_bits = index_bits_of(steps);
    if (index_bits == 0) {
      write_list(steps, 0, steps.size());
    } else {
      nodes.resize(node + (std::size_t{1} << index_bits));  // a whole number of units
      write_lists(steps, node, index_bits);
    }
    return kNode | static_cast<Target>(index_bits << kPlaceBits) | static_cast<Target>(node / kUnit);
  }

  // The steps to list for the digits from `first` to before `end`. `begin` is the number of one that is not after them.
  [[nodiscard]] static std::span<const Step> steps_in(std::span<const Step> steps, std::size_t begin, std::size_t first,
                                                      std::size_t end) {
    while (begin + 1 < steps.size() && steps[begin + 1].first <= first)
      ++begin;
    std::size_t last = begin;
    while (last + 1 < steps.size() && steps[last + 1].first < end)
      ++last;
    return steps.subspan(begin, last + 1 - begin);
  }

  // How many upper bits of a digit select an entry of the node's index. 0: all is in one list, and there is no index.
  [[nodiscard]] static unsigned index_bits_of(std::span<const Step> steps) {
    if (steps.size() <= kWindow) return 0;
    auto index_bits = static_cast<unsigned>(std::bit_width(steps.size() / kStepsPerEntry));
    while ((std::size_t{1} << index_bits) < steps.size() && !fits_windows(steps, index_bits))
      ++index_bits;
    return index_bits;
  }

  // Whether no list is longer than a window.
  [[nodiscard]] static bool fits_windows(std::span<const Step> steps, unsigned index_bits) {
    const std::size_t width = kDigits >> index_bits;
    std::size_t begin = 0;
    for (std::size_t digit = 0; digit < kDigits; digit += width) {
      const auto listed = steps_in(steps, begin, digit, digit + width);
      if (listed.size() > kWindow) return false;
      begin = static_cast<std::size_t>(&listed.back() - steps.data());
    }
    return true;
  }

  // The lists of a node and its index, from left to right.
  void write_lists(std::span<const Step> steps, std::size_t node, unsigned index_bits) {
    const std::size_t width = kDigits >> index_bits;
    std::size_t begin = 0;
    for (std::size_t digit = 0; digit < kDigits;) {
      std::size_t end = digit + width;
      auto listed = steps_in(steps, begin, digit, end);
      while (end < kDigits) {
        const auto longer = steps_in(steps, begin, digit, end + width);
        if (longer.size() > kWindow) break;
        listed = longer;
        end += width;
      }
      begin = static_cast<std::size_t>(&listed.front() - steps.data());
      const std::size_t distance = (nodes.size() - node) / kUnit;
      assert(distance < kDigits);
      write_list(steps, begin, begin + listed.size());
      for (; digit < end; digit += width)
        nodes[node + digit / width] = static_cast<std::uint16_t>(distance);
      begin += listed.size() - 1;
    }
  }

  // The steps [begin, end) of `steps`, which are all of a node's.
  void write_list(std::span<const Step> steps, std::size_t begin, std::size_t end) {
    const auto listed = steps.subspan(begin, end - begin);
    const bool is_wide = std::ranges::any_of(listed, [](const Step& step) { return step.target > 0xFFFF; });
    nodes.push_back(static_cast<std::uint16_t>(listed.size() | (is_wide ? kWide : 0U)));
    nodes.push_back(before(listed.front().first));
    for (std::size_t next = begin + 1; next <= end; ++next)
      nodes.push_back(before(next < steps.size() ? steps[next].first : kDigits));
    for (const Step& step : listed)
      nodes.push_back(static_cast<std::uint16_t>(step.target));
    if (is_wide) {
      for (const Step& step : listed)
        nodes.push_back(static_cast<std::uint16_t>(step.target >> 16));
    }
    nodes.resize((nodes.size() + kUnit - 1) / kUnit * kUnit);
  }

 private:
  template <typename Key>
  static constexpr unsigned kShift = sizeof(Key) * 8 - kDigitBits;
};

AddressTable::AddressTable(const AddressMap<std::uint32_t>& map) {
  check_limits(map.v4());
  check_limits(map.v6());
  const auto list_v6 = with_embeddings(map.v6());
  Compiler compiler{nodes_};
  root_v4_ = compiler.compile_root(map.v4());
  root_v6_ = compiler.compile_root(list_v6);
  nodes_.resize(nodes_.size() + kWindow);
  nodes_.shrink_to_fit();
  ranges_v4_ = map.v4().size();
  ranges_v6_ = list_v6.size();
}

Match AddressTable::find_embedded(U128 address, std::uint32_t value) const noexcept {
  const Embedding& embedding = kEmbeddings[value - kEmbeddingFirst];
  const Match match = find_v4(embedded_v4(embedding, address));
  return {match.value, static_cast<std::uint8_t>(match.scope_bits + embedding.scope_shift)};
}

std::size_t AddressTable::memory_bytes() const noexcept {
  return (root_v4_.targets.capacity() + root_v6_.targets.capacity()) * sizeof(Target) + root_v4_.scope_bits.capacity() +
         root_v6_.scope_bits.capacity() + nodes_.capacity() * sizeof(std::uint16_t);
}

}  // namespace rhumb::geo
