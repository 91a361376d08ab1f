#include "zone/block_reader.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace rhumb::zone {
namespace {

constexpr std::array<bool, 256> kMatters = [] {
  std::array<bool, 256> matters{};
  for (const char c : {'\n', '"', '(', ')', ';', '\\'})
    matters[static_cast<unsigned char>(c)] = true;
  return matters;
}();

// Follows a text as far as it takes to know where entries end, by the same rules as EntryReader, which takes them to
// pieces.
class EntryEnds {
 public:
  // After the last line end in what was followed that ends an entry or stands outside of any; 0 if there was none.
  [[nodiscard]] std::size_t last() const noexcept { return last_; }
  [[nodiscard]] std::uint32_t lines_before_last() const noexcept { return lines_before_last_; }

  // Goes on to the end of `text`, which begins with what was followed before.
  void follow(std::string_view text) noexcept {
    for (; at_ < text.size(); ++at_) {
      const char c = text[at_];
      if (state_ == State::escape || state_ == State::quoted_escape) {
        state_ = state_ == State::escape ? State::token : State::quoted;
        if (c != '\n') continue;  // a backslash does not take a line end with it
      }
      if (kMatters[static_cast<unsigned char>(c)]) step(c);
    }
  }

 private:
  enum class State : std::uint8_t { token, escape, quoted, quoted_escape, comment };

  void step(char c) noexcept {
    if (c == '\n') return end_line();
    if (state_ == State::comment) return;
    if (c == '\\') {
      state_ = state_ == State::quoted ? State::quoted_escape : State::escape;
    } else if (c == '"') {
      state_ = state_ == State::quoted ? State::token : State::quoted;
    } else if (state_ == State::token) {
      if (c == ';') state_ = State::comment;
      if (c == '(') ++depth_;
      if (c == ')' && depth_ > 0) --depth_;
    }
  }

  // Ends a quoted string too.
  void end_line() noexcept {
    state_ = State::token;
    ++lines_;
    if (depth_ > 0) return;
    last_ = at_ + 1;
    lines_before_last_ = lines_;
  }

  State state_ = State::token;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;  // of parentheses
  std::uint32_t lines_ = 0;
  std::size_t last_ = 0;
  std::uint32_t lines_before_last_ = 0;
};

}  // namespace

std::optional<TextBlock> BlockReader::next() {
  TextBlock block{std::exchange(rest_, {}), line_};
  EntryEnds ends;
  ends.follow(block.text);
  while (!has_ended_ && (block.text.size() < block_size_ || ends.last() == 0)) {
    fill(block.text);
    ends.follow(block.text);
  }
  if (!has_ended_ || !error_.empty()) {  // after an error what has no end is not whole
    rest_ = has_ended_ ? std::string() : block.text.substr(ends.last());
    block.text.resize(ends.last());
    line_ += ends.lines_before_last();
  }
  if (block.text.empty()) return std::nullopt;
  return block;
}

void BlockReader::fill(std::string& text) {
  const std::size_t size_before = text.size();
  text.resize(size_before + block_size_);
  ssize_t size;
  do {
    size = read(descriptor_, text.data() + size_before, block_size_);
  } while (size < 0 && errno == EINTR);
  if (size < 0) error_ = fmt::format("cannot be read on ({})", std::strerror(errno));
  has_ended_ = size <= 0;
  text.resize(size_before + (size > 0 ? static_cast<std::size_t>(size) : 0));
  if (digester_ == nullptr) return;
  digester_->add(Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()).subspan(size_before));
}

}  // namespace rhumb::zone
