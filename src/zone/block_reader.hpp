// Cuts a master file into blocks of whole entries, so that they can be read on several threads.
//
// Where an entry ends can be told without reading it: at a line end outside of parentheses. What an entry means may
// depend on those before it; that is for who puts the blocks together again (zone_file.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "zone/digest.hpp"

namespace rhumb::zone {

struct TextBlock {
  std::string text;
  std::uint32_t first_line = 1;
};

class BlockReader {
 public:
  // Large enough that a thread for each costs nothing beside reading it, small enough that a few in flight are no
  // memory to speak of. An entry that is longer gets a block of its own.
  static constexpr std::size_t kBlockSize = 256 * 1'024;

  // Reads `descriptor` from where it is and does not close it. A block has `block_size` octets, or the entry more that
  // crosses them. All that is read goes to `digester` too, which may be null.
  explicit BlockReader(int descriptor, std::size_t block_size = kBlockSize, Digester* digester = nullptr)
      : descriptor_(descriptor), block_size_(block_size), digester_(digester) {}

  // Nothing at the end of the file.
  [[nodiscard]] std::optional<TextBlock> next();

  // What went wrong with the reading itself, which then has ended at line(); empty if nothing.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  [[nodiscard]] std::uint32_t line() const noexcept { return line_; }

 private:
  void fill(std::string& text);

  int descriptor_;
  std::size_t block_size_;
  Digester* digester_;
  bool has_ended_ = false;
  std::string rest_;        // was read after the end of the block before
  std::uint32_t line_ = 1;  // on which the next block begins
  std::string error_;
};

}  // namespace rhumb::zone
