// Cuts a master file (RFC 1035 §5.1) into its entries: comments, parentheses and line ends are gone, quotes and escapes
// are as they were.
//
// ldns can read whole files too, but it counts lines from the end of an entry, stops at 10,230 octets a line, does not
// follow $INCLUDE and loses its place after an error. So we cut, and give ldns one record's data at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rhumb::zone {

class EntryReader {
 public:
  // Longer entries are refused. ldns copies a record's data into 65,535 octets and cuts off what is more, silently.
  static constexpr std::size_t kEntryMax = 65'000;

  enum class Outcome : std::uint8_t {
    entry,      // text(), line() and has_owner() are those of the next entry
    malformed,  // error() tells what is wrong at line(); the entry has been skipped
    end,        // of the file
  };

  // Reads `text`, which must outlive this: a file, or a block of its entries (block_reader.hpp) that begins on
  // `first_line`.
  explicit EntryReader(std::string_view text, std::uint32_t first_line = 1)
      : input_(text), current_line_(first_line), is_at_file_start_(first_line == 1) {}

  [[nodiscard]] Outcome next();

  // Tokens with one space between them; never empty. Valid until next() is called again.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  // On which the entry begins, from 1; of a malformed one: on which the fault is.
  [[nodiscard]] std::uint32_t line() const noexcept { return line_; }
  // Whether its first token stands at the start of the line and so is an owner name or a directive.
  [[nodiscard]] bool has_owner() const noexcept { return has_owner_; }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  static constexpr int kEnd = -1;

  [[nodiscard]] int get() noexcept;
  [[nodiscard]] int peek() const noexcept;
  void refuse_byte_order_mark();
  void begin(bool is_at_line_start);
  void read_parenthesis(int c);
  void read_octet(int c);
  void append(int c);
  void append_plain();
  void read_quoted();
  void read_escape();
  void skip_comment();
  void fail(std::string error, std::uint32_t line);
  [[nodiscard]] Outcome finish();

  std::string_view input_;
  std::size_t at_ = 0;

  std::string text_;
  std::string error_;
  std::uint32_t line_ = 0;
  std::uint32_t current_line_;
  bool is_at_file_start_;
  bool has_begun_ = false;
  bool has_owner_ = false;
  bool is_apart_ = false;  // there was white space since the last token
  int depth_ = 0;          // of parentheses
};

// The token at the start of an entry's text, taken off it together with the space that follows. Empty at the end.
[[nodiscard]] std::string_view take_token(std::string_view& text) noexcept;

}  // namespace rhumb::zone
