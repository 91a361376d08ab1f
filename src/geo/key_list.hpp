// Ascending addresses in little memory: where the ranges of a RangeList begin.
//
// Neighbours share most of their upper bits, and all that a network begins with ends in zeros. So of each 256 of them
// only the bits between are kept, in as many octets as the widest of them needs, beside what they share. DB-IP City
// Lite begins 3.7 M IPv4 and 4.4 M IPv6 ranges: 11 and 16 MB, of 15 and 70 MB as plain numbers. Nothing moves when a
// list grows: a vector of that length twice as long beside the old one was most of what loading needed.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/ip_address.hpp"

namespace rhumb::geo {

// Key is std::uint32_t for IPv4 and U128 for IPv6.
template <typename Key>
class KeyList {
 public:
  // `key` is greater than all before it.
  void push_back(Key key) {
    assert(size() == 0 || key > back());
    if (open_.size() == kBlockSize) {
      blocks_.emplace_back(open_);
      open_.clear();
    }
    open_.push_back(key);
  }

  // The list is not empty.
  void pop_back() {
    open_.pop_back();
    if (!open_.empty() || blocks_.empty()) return;
    // So that equal lists are made of equal blocks.
    for (std::size_t i = 0; i < kBlockSize; ++i)
      open_.push_back(blocks_.back()[i]);
    blocks_.pop_back();
  }

  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size() * kBlockSize + open_.size(); }
  [[nodiscard]] Key back() const noexcept { return open_.back(); }
  [[nodiscard]] Key operator[](std::size_t index) const noexcept {
    assert(index < size());
    const std::size_t block = index / kBlockSize;
    const std::size_t place = index % kBlockSize;
    return block < blocks_.size() ? blocks_[block][place] : open_[place];
  }

  // How many keys are not greater than `key`. Binary search.
  [[nodiscard]] std::size_t count_up_to(Key key) const noexcept {
    std::size_t begin = 0;
    std::size_t end = size();
    while (begin < end) {
      const std::size_t middle = begin + (end - begin) / 2;
      if ((*this)[middle] <= key) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    return begin;
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    std::size_t bytes = blocks_.capacity() * sizeof(Block) + open_.capacity() * sizeof(Key);
    for (const Block& block : blocks_)
      bytes += block.memory_bytes();
    return bytes;
  }

  friend bool operator==(const KeyList&, const KeyList&) = default;

 private:
  static constexpr std::size_t kBlockSize = 256;

  // kBlockSize keys: each is base_ plus a number of `width_` octets shifted by `shift_`.
  class Block {
   public:
    explicit Block(const std::vector<Key>& keys) : base_(keys.front()) {
      Key bits = 0;
      for (const Key key : keys)
        bits |= static_cast<Key>(key - base_);
      while ((bits >> shift_ & 1U) == 0)
        ++shift_;
      const Key greatest = static_cast<Key>((keys.back() - base_) >> shift_);
      while (width_ < sizeof(Key) && greatest >> (8 * width_) != 0)
        width_ = static_cast<std::uint8_t>(2 * width_);
      octets_.resize(keys.size() * width_);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const Key number = static_cast<Key>((keys[i] - base_) >> shift_);
        std::memcpy(&octets_[i * width_], &number, width_);
      }
    }

    [[nodiscard]] Key operator[](std::size_t index) const noexcept {
      return static_cast<Key>(base_ + static_cast<Key>(number(index) << shift_));
    }
    [[nodiscard]] std::size_t memory_bytes() const noexcept { return octets_.capacity(); }

    friend bool operator==(const Block&, const Block&) = default;

   private:
    // The first octets of a number are its lowest ones.
    static_assert(std::endian::native == std::endian::little);

    template <typename Number>
    [[nodiscard]] Key number_as(std::size_t index) const noexcept {
      Number number;
      std::memcpy(&number, &octets_[index * sizeof(Number)], sizeof(Number));
      return static_cast<Key>(number);
    }
    [[nodiscard]] Key number(std::size_t index) const noexcept {
      switch (width_) {
        case 1:
          return number_as<std::uint8_t>(index);
        case 2:
          return number_as<std::uint16_t>(index);
        case 4:
          return number_as<std::uint32_t>(index);
        case 8:
          return number_as<std::uint64_t>(index);
        default:
          return number_as<U128>(index);
      }
    }

    Key base_;
    std::uint8_t shift_ = 0;
    std::uint8_t width_ = 1;  // 1, 2, 4, 8 or 16
    std::vector<std::uint8_t> octets_;
  };

  std::vector<Block> blocks_;
  std::vector<Key> open_;  // up to kBlockSize keys after the last block; empty only in an empty list
};

}  // namespace rhumb::geo
