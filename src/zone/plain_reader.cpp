#include "zone/plain_reader.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.hpp"
#include "dns/name.hpp"
#include "zone/token.hpp"

namespace rhumb::zone {
namespace {

constexpr std::size_t kStringMax = 255;  // octets of a string in TXT (RFC 1035 §3.3)

constexpr std::array<bool, 256> kIsOfName = [] {
  std::array<bool, 256> is_of_name{};
  for (unsigned char c = 0x21; c < 0x7F; ++c)
    is_of_name[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  for (const char c : {'-', '_', '*', '/'})
    is_of_name[static_cast<unsigned char>(c)] = true;
  return is_of_name;
}();

bool is_plain_in_string(char c) noexcept {
  return c >= ' ' && c < 0x7F && c != '\\' && c != '"' && c != ';' && c != '(' && c != ')';
}

// Undoes what was appended to a vector, unless it is kept.
class Appended {
 public:
  explicit Appended(std::vector<std::uint8_t>& octets) noexcept : octets_(octets), size_(octets.size()) {}
  ~Appended() {
    if (!is_kept_) octets_.resize(size_);
  }
  Appended(const Appended&) = delete;
  Appended& operator=(const Appended&) = delete;

  bool keep() noexcept { return is_kept_ = true; }

 private:
  std::vector<std::uint8_t>& octets_;
  std::size_t size_;
  bool is_kept_ = false;
};

// The decimal number of at most 16 bits at the start of `text`, taken off it together with the space that follows.
std::optional<std::uint16_t> take_u16(std::string_view& text) noexcept {
  constexpr std::size_t kDigitsMax = 5;
  std::uint32_t value = 0;
  std::size_t size = 0;
  for (; size < text.size() && size <= kDigitsMax && is_digit(text[size]); ++size)
    value = value * 10 + static_cast<std::uint32_t>(text[size] - '0');
  if (size == 0 || size > kDigitsMax || value > 0xFFFF || size == text.size() || text[size] != ' ') return std::nullopt;
  text.remove_prefix(size + 1);
  return static_cast<std::uint16_t>(value);
}

// As inet_pton() has it: four numbers of one to three digits, without zeros before them.
bool append_v4(std::string_view text, std::vector<std::uint8_t>& rdata) {
  std::array<std::uint8_t, 4> address;
  for (std::size_t i = 0; i < address.size(); ++i) {
    std::uint32_t value = 0;
    std::size_t size = 0;
    for (; size < text.size() && size <= 3 && is_digit(text[size]); ++size)
      value = value * 10 + static_cast<std::uint32_t>(text[size] - '0');
    const bool has_zeros_before = size > 1 && text[0] == '0';
    if (size == 0 || value > 255 || has_zeros_before) return false;
    address[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(size);
    if (i + 1 == address.size()) break;
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
  }
  if (!text.empty()) return false;
  rdata.insert(rdata.end(), address.begin(), address.end());
  return true;
}

bool append_v6(std::string_view text, std::vector<std::uint8_t>& rdata) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
    return false;
  std::ranges::copy(text, terminated.begin());
  in6_addr address;
  if (inet_pton(AF_INET6, terminated.data(), &address) != 1) return false;
  rdata.insert(rdata.end(), std::begin(address.s6_addr), std::end(address.s6_addr));
  return true;
}

// A host's name after `number_count` numbers.
bool append_numbers_and_host(std::string_view text, int number_count, Bytes origin, std::vector<std::uint8_t>& rdata) {
  Appended appended(rdata);
  for (int i = 0; i < number_count; ++i) {
    const auto number = take_u16(text);
    if (!number) return false;
    append_u16(rdata, *number);
  }
  return append_plain_name(text, origin, rdata) && appended.keep();
}

// The string at the start of `text`, in quotes or not, taken off it together with the space that follows.
std::optional<std::string_view> take_string(std::string_view& text) noexcept {
  const bool is_quoted = text.starts_with('"');
  if (is_quoted) text.remove_prefix(1);
  std::size_t size = 0;
  while (size < text.size() && is_plain_in_string(text[size]) && (is_quoted || text[size] != ' '))
    ++size;
  const std::string_view string = text.substr(0, size);
  text.remove_prefix(size);
  if (is_quoted) {
    if (!text.starts_with('"')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (string.size() > kStringMax || (!text.empty() && text[0] != ' ')) return std::nullopt;
  if (!text.empty()) text.remove_prefix(1);
  return string;
}

bool append_strings(std::string_view text, std::vector<std::uint8_t>& rdata) {
  Appended appended(rdata);
  if (text.empty()) return false;
  while (!text.empty()) {
    const auto string = take_string(text);
    if (!string) return false;
    rdata.push_back(static_cast<std::uint8_t>(string->size()));
    rdata.insert(rdata.end(), string->begin(), string->end());
  }
  return appended.keep();
}

}  // namespace

bool append_plain_name(std::string_view text, Bytes origin, std::vector<std::uint8_t>& wire) {
  if (text == "@") {
    wire.insert(wire.end(), origin.begin(), origin.end());
    return true;
  }
  std::array<std::uint8_t, dns::kNameMax> name;
  if (text.empty() || text.size() + 1 > name.size()) return false;
  // The text, one octet to the right, is the wire form but for the lengths, which go where the dots are.
  std::size_t length_at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    name[i + 1] = static_cast<std::uint8_t>(text[i]);
    if (kIsOfName[static_cast<unsigned char>(text[i])]) continue;
    const std::size_t length = i - length_at;
    if (text[i] != '.' || length == 0 || length > dns::kLabelMax) return false;
    name[length_at] = static_cast<std::uint8_t>(length);
    length_at = i + 1;
  }
  const std::size_t last_length = text.size() - length_at;
  if (last_length > dns::kLabelMax) return false;
  const bool is_absolute = last_length == 0;
  name[length_at] = static_cast<std::uint8_t>(last_length);
  const std::size_t size = length_at + last_length + 1;
  if (!is_absolute && size + origin.size() > dns::kNameMax) return false;
  wire.insert(wire.end(), name.begin(), name.begin() + static_cast<std::ptrdiff_t>(size));
  if (!is_absolute) wire.insert(wire.end(), origin.begin(), origin.end());
  return true;
}

bool append_plain_rdata(dns::Type type, std::string_view text, Bytes origin, std::vector<std::uint8_t>& rdata) {
  switch (type) {
    case dns::type::kA:
      return append_v4(text, rdata);
    case dns::type::kAaaa:
      return append_v6(text, rdata);
    case dns::type::kNs:
    case dns::type::kCname:
    case dns::type::kDname:
    case dns::type::kPtr:
      return append_numbers_and_host(text, 0, origin, rdata);
    case dns::type::kMx:
      return append_numbers_and_host(text, 1, origin, rdata);
    case dns::type::kSrv:
      return append_numbers_and_host(text, 3, origin, rdata);
    case dns::type::kTxt:
      return append_strings(text, rdata);
    default:
      return false;
  }
}

}  // namespace rhumb::zone
