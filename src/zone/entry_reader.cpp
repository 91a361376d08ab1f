#include "zone/entry_reader.hpp"

#include <array>

#include <fmt/format.h>

namespace rhumb::zone {
namespace {

// Octets that stand for themselves wherever they are: runs of them are copied at once.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> is_plain{};
  for (std::size_t c = 0x21; c < 256; ++c)
    is_plain[c] = true;
  for (const char c : {'"', '(', ')', ';', '\\'})
    is_plain[static_cast<unsigned char>(c)] = false;
  return is_plain;
}();

}  // namespace

EntryReader::Outcome EntryReader::next() {
  text_.clear();
  error_.clear();
  has_begun_ = false;
  depth_ = 0;
  if (is_at_file_start_) refuse_byte_order_mark();
  bool is_at_line_start = true;
  while (true) {
    const int c = get();
    switch (c) {
      case kEnd:
        if (depth_ > 0) fail("a parenthesis is opened and not closed", line_);
        return has_begun_ || !error_.empty() ? finish() : Outcome::end;
      case '\n':
        ++current_line_;
        if ((has_begun_ || !error_.empty()) && depth_ == 0) return finish();
        is_apart_ = true;
        is_at_line_start = true;
        continue;
      case ' ':
      case '\t':
      case '\r':
      case '\f':
      case '\v':
        is_apart_ = true;
        break;
      case ';':
        skip_comment();
        break;
      case '(':
      case ')':
        begin(is_at_line_start);
        read_parenthesis(c);
        break;
      default:
        begin(is_at_line_start);
        read_octet(c);
    }
    is_at_line_start = false;
  }
}

EntryReader::Outcome EntryReader::finish() {
  if (text_.empty()) fail("there is nothing between the parentheses", line_);
  return error_.empty() ? Outcome::entry : Outcome::malformed;
}

// Some editors begin a file with it (U+FEFF); it would be taken for the start of the first owner's name. What
// stands on its line is lost with it, so that there is one error and not one for all that comes of it.
void EntryReader::refuse_byte_order_mark() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  is_at_file_start_ = false;
  if (!input_.starts_with(kByteOrderMark)) return;
  at_ = kByteOrderMark.size();
  fail("the file begins with a byte order mark; save it as UTF-8 without one", 1);
}

// Something that is neither white space nor a comment follows.
void EntryReader::begin(bool is_at_line_start) {
  if (has_begun_) return;
  has_begun_ = true;
  has_owner_ = is_at_line_start;
  line_ = current_line_;
}

void EntryReader::read_parenthesis(int c) {
  is_apart_ = true;
  depth_ += c == '(' ? 1 : -1;
  if (depth_ >= 0) return;
  fail("a parenthesis is closed and was not opened", current_line_);
  depth_ = 0;
}

void EntryReader::read_octet(int c) {
  if (is_apart_ && !text_.empty()) append(' ');
  is_apart_ = false;
  if (c == '"') {
    read_quoted();
  } else if (c == '\\') {
    read_escape();
  } else {
    append(c);
    append_plain();
  }
}

// What follows up to the end of the token, the octet that needs a look, or the one that is too much.
void EntryReader::append_plain() {
  const std::string_view rest = input_.substr(at_, kEntryMax - text_.size());
  std::size_t size = 0;
  while (size < rest.size() && kIsPlain[static_cast<unsigned char>(rest[size])])
    ++size;
  text_ += rest.substr(0, size);
  at_ += size;
}

void EntryReader::append(int c) {
  if (c == '\0') fail("there is a null octet; is this a text file?", current_line_);
  if (text_.size() < kEntryMax) {
    text_ += static_cast<char>(c);
  } else {
    fail(fmt::format("the record is longer than {} octets", kEntryMax), line_);
  }
}

void EntryReader::read_quoted() {
  if (!text_.empty() && text_.back() == '"') append(' ');  // "a""b" are two strings
  append('"');
  while (peek() != '"') {
    if (peek() == '\n' || peek() == kEnd) return fail("a quoted string is not closed on its line", current_line_);
    const int c = get();
    if (c == '\\') {
      read_escape();
    } else {
      append(c);
    }
  }
  append(get());
}

// The backslash has been read; what follows stands for itself.
void EntryReader::read_escape() {
  append('\\');
  if (peek() == '\n' || peek() == kEnd) return fail("a backslash ends the line", current_line_);
  append(get());
}

void EntryReader::skip_comment() {
  while (peek() != '\n' && peek() != kEnd)
    (void)get();
}

// The first fault of an entry is the one reported; the rest of the entry is read over.
void EntryReader::fail(std::string error, std::uint32_t line) {
  if (!error_.empty()) return;
  error_ = std::move(error);
  line_ = line;
}

int EntryReader::get() noexcept {
  const int c = peek();
  if (c != kEnd) ++at_;
  return c;
}

int EntryReader::peek() const noexcept {
  return at_ == input_.size() ? kEnd : static_cast<unsigned char>(input_[at_]);
}

std::string_view take_token(std::string_view& text) noexcept {
  std::size_t end = 0;
  bool is_quoted = false;
  while (end < text.size() && (is_quoted || text[end] != ' ')) {
    if (text[end] == '"') is_quoted = !is_quoted;
    end += text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
  }
  const std::string_view token = text.substr(0, end);
  text.remove_prefix(end < text.size() ? end + 1 : end);
  return token;
}

}  // namespace rhumb::zone
