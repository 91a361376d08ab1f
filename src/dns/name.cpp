#include "dns/name.hpp"

#include <algorithm>

namespace rhumb::dns {
namespace {

constexpr std::size_t kEscapeDigits = 3;  // \DDD

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The octet that the escape at the start of `text` ("\DDD" or "\X") stands for; takes it off `text`.
std::optional<std::uint8_t> take_escape(std::string_view& text) {
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  if (!is_digit(text[0])) {
    const auto octet = static_cast<std::uint8_t>(text[0]);
    text.remove_prefix(1);
    return octet;
  }
  if (text.size() < kEscapeDigits || !std::all_of(text.begin(), text.begin() + kEscapeDigits, is_digit)) {
    return std::nullopt;
  }
  const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (value > 255) return std::nullopt;
  text.remove_prefix(kEscapeDigits);
  return static_cast<std::uint8_t>(value);
}

// The label up to the next dot or the end, unescaped and in lower case; takes it off `text`, the dot stays.
std::optional<std::string> take_label(std::string_view& text) {
  std::string label;
  while (!text.empty() && text[0] != '.') {
    auto octet = static_cast<std::uint8_t>(text[0]);
    if (octet == '\\') {
      const auto escaped = take_escape(text);
      if (!escaped) return std::nullopt;
      octet = *escaped;
    } else {
      text.remove_prefix(1);
    }
    label += static_cast<char>(to_lower(octet));
  }
  if (label.empty() || label.size() > kLabelMax) return std::nullopt;
  return label;
}

void append_escaped(std::string& text, std::uint8_t octet) {
  if (octet <= ' ' || octet >= 0x7F) {
    const std::string digits = std::to_string(octet);
    text += '\\' + std::string(kEscapeDigits - digits.size(), '0') + digits;
    return;
  }
  const char c = static_cast<char>(octet);
  if (std::string_view(".\\\"();@$").find(c) != std::string_view::npos) text += '\\';
  text += c;
}

}  // namespace

std::optional<Name> Name::from_text(std::string_view text) {
  if (text == ".") return Name();
  std::string wire;
  while (!text.empty()) {
    const auto label = take_label(text);
    if (!label) return std::nullopt;
    wire += static_cast<char>(label->size());
    wire += *label;
    if (!text.empty()) text.remove_prefix(1);  // the dot
  }
  wire += '\0';
  if (wire.size() == 1 || wire.size() > kNameMax) return std::nullopt;
  return Name(std::move(wire));
}

std::optional<Name> Name::from_wire(Bytes wire) {
  if (wire.size() > kNameMax) return std::nullopt;
  std::size_t at = 0;
  while (at < wire.size() && wire[at] != 0) {
    if (wire[at] > kLabelMax) return std::nullopt;
    at += wire[at] + 1U;
  }
  if (at + 1 != wire.size()) return std::nullopt;
  std::string folded;
  // A length octet is at most 63, below 'A', so folding the whole name leaves the lengths alone.
  for (const std::uint8_t octet : wire)
    folded += static_cast<char>(to_lower(octet));
  return Name(std::move(folded));
}

std::string Name::to_text() const {
  if (is_root()) return ".";
  std::string text;
  for (Bytes rest = wire(); rest[0] != 0; rest = rest.subspan(rest[0] + 1U)) {
    if (!text.empty()) text += '.';
    for (const std::uint8_t octet : rest.subspan(1, rest[0]))
      append_escaped(text, octet);
  }
  return text;
}

std::size_t Name::label_count() const noexcept {
  std::size_t count = 0;
  for (Bytes rest = wire(); rest[0] != 0; rest = rest.subspan(rest[0] + 1U))
    ++count;
  return count;
}

Name Name::parent() const {
  return Name(wire_.substr(wire()[0] + 1U));
}

bool Name::is_at_or_below(const Name& ancestor) const noexcept {
  Bytes rest = wire();
  while (rest.size() > ancestor.wire_.size())
    rest = rest.subspan(rest[0] + 1U);
  return std::ranges::equal(rest, ancestor.wire());
}

}  // namespace rhumb::dns
