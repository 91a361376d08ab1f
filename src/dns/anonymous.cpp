#include "dns/anonymous.hpp"

#include <algorithm>

#include "dns/codes.hpp"
#include "dns/name.hpp"

namespace rhumb::dns {
namespace {

constexpr std::uint16_t kClientSubnetCode = 8;
constexpr std::uint16_t kCookieCode = 10;
constexpr std::size_t kOptionHeader = 4;   // code and length
constexpr std::size_t kSubnetHeader = 4;   // family and both prefix lengths
constexpr std::size_t kQuestionFixed = 4;  // type and class
constexpr std::size_t kRecordFixed = 10;   // type, class, TTL and length
constexpr std::uint8_t kPointer = 0xC0;

// The octets of the name at the start of `message`; 0 when there is no whole one. Where a pointer leads does not
// matter.
std::size_t name_size(Bytes message) noexcept {
  std::size_t at = 0;
  while (at < message.size()) {
    const std::uint8_t length = message[at];
    if (length == 0) return at + 1;
    if ((length & kPointer) == kPointer) return at + 2 <= message.size() ? at + 2 : 0;
    if (length > kLabelMax) return 0;
    at += length + std::size_t{1};
  }
  return 0;
}

void cut_subnet(MutableBytes data, const KeptBits& kept) noexcept {
  if (data.size() < kSubnetHeader) return;
  constexpr std::uint16_t kFamilyV6 = 2;
  std::size_t bits = kept.of(load_u16(data.data()) == kFamilyV6 ? Family::v6 : Family::v4);
  for (std::uint8_t& octet : data.subspan(kSubnetHeader)) {
    const std::size_t here = std::min<std::size_t>(bits, 8);
    octet = static_cast<std::uint8_t>(octet & (0xFF00U >> here));
    bits -= here;
  }
}

bool clear_options(MutableBytes options, const KeptBits& kept) noexcept {
  while (!options.empty()) {
    if (options.size() < kOptionHeader) return false;
    const std::uint16_t code = load_u16(options.data());
    const std::size_t size = load_u16(options.data() + 2);
    if (options.size() - kOptionHeader < size) return false;
    const MutableBytes data = options.subspan(kOptionHeader, size);
    if (code == kClientSubnetCode) cut_subnet(data, kept);
    if (code == kCookieCode) std::ranges::fill(data, std::uint8_t{0});
    options = options.subspan(kOptionHeader + size);
  }
  return true;
}

}  // namespace

bool make_anonymous(MutableBytes message, const KeptBits& kept) noexcept {
  if (message.size() < kHeaderSize) return false;
  const std::size_t questions = load_u16(message.data() + 4);
  const std::size_t records =
      std::size_t{load_u16(message.data() + 6)} + load_u16(message.data() + 8) + load_u16(message.data() + 10);
  MutableBytes rest = message.subspan(kHeaderSize);
  for (std::size_t i = 0; i < questions; ++i) {
    const std::size_t size = name_size(rest);
    if (size == 0 || rest.size() - size < kQuestionFixed) return false;
    rest = rest.subspan(size + kQuestionFixed);
  }
  for (std::size_t i = 0; i < records; ++i) {
    const std::size_t size = name_size(rest);
    if (size == 0 || rest.size() - size < kRecordFixed) return false;
    const Type type = load_u16(rest.data() + size);
    const std::size_t rdata_size = load_u16(rest.data() + size + kRecordFixed - 2);
    rest = rest.subspan(size + kRecordFixed);
    if (rest.size() < rdata_size) return false;
    if (type == type::kOpt && !clear_options(rest.first(rdata_size), kept)) return false;
    rest = rest.subspan(rdata_size);
  }
  return rest.empty();
}

}  // namespace rhumb::dns
