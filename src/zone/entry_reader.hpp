// Cuts a master file (RFC 1035 §5.1) into its entries: comments, parentheses and line ends are gone, quotes and escapes
// are as they were.
//
// ldns can read whole files too, but it counts lines from the end of an entry, stops at 10,230 octets a line, does not
// follow $INCLUDE and loses its place after an error. So we cut, and give ldns one record's data at a time.
#pragma once

#include <array>
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

  // Reads `descriptor` from where it is and does not close it.
  explicit EntryReader(int descriptor) : descriptor_(descriptor) {}

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

  [[nodiscard]] int get();
  [[nodiscard]] int peek();
  void fill();
  void refuse_byte_order_mark();
  void begin(bool is_at_line_start);
  void read_parenthesis(int c);
  void read_octet(int c);
  void append(int c);
  void read_quoted();
  void read_escape();
  void skip_comment();
  void fail(std::string error, std::uint32_t line);
  [[nodiscard]] Outcome finish();

  int descriptor_;
  std::array<char, 65'536> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;

  std::string text_;
  std::string error_;
  std::uint32_t line_ = 0;
  std::uint32_t current_line_ = 1;
  bool is_at_file_start_ = true;
  bool has_begun_ = false;
  bool has_owner_ = false;
  bool is_apart_ = false;  // there was white space since the last token
  int depth_ = 0;          // of parentheses
};

// The token at the start of an entry's text, taken off it together with the space that follows. Empty at the end.
[[nodiscard]] std::string_view take_token(std::string_view& text) noexcept;

}  // namespace rhumb::zone
