#include "fuzz/reference_query.hpp"

#include <algorithm>

#include "dns/edns.hpp"
#include "dns/name.hpp"

namespace rhumb::fuzz {
namespace {

// Takes octets off the front; once there are too few it fails and stays failed.
class Reader {
 public:
  explicit Reader(Bytes octets) : rest_(octets) {}

  [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }
  [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] Bytes rest() const noexcept { return rest_; }

  void fail() noexcept {
    has_failed_ = true;
    rest_ = {};
  }
  Bytes octets(std::size_t size) noexcept {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  unsigned u8() noexcept {
    const Bytes octet = octets(1);
    return octet.empty() ? 0U : octet[0];
  }
  std::uint16_t u16() noexcept {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }

 private:
  Bytes rest_;
  bool has_failed_ = false;
};

// RFC 7871 §6. Nothing when it is malformed.
std::optional<ReferenceSubnet> read_subnet(Reader option) {
  ReferenceSubnet subnet;
  subnet.family = option.u16();
  subnet.source_bits = static_cast<std::uint8_t>(option.u8());
  const unsigned scope_bits = option.u8();
  if (option.has_failed()) return std::nullopt;
  if (subnet.family > 2) return subnet;  // whatever it means by the rest
  const unsigned family_bits = subnet.family == 0 ? 0 : subnet.family == 1 ? 32 : 128;
  if (scope_bits != 0 || subnet.source_bits > family_bits) return std::nullopt;
  while (!option.is_at_end())
    subnet.address.push_back(static_cast<std::uint8_t>(option.u8()));
  for (std::size_t bit = subnet.source_bits; bit < subnet.address.size() * 8; ++bit) {
    if ((subnet.address[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  }
  // No octet too few, none too many.
  const std::size_t held_bits = subnet.address.size() * 8;
  if (held_bits < subnet.source_bits || held_bits >= subnet.source_bits + 8U) return std::nullopt;
  return subnet;
}

std::optional<StrictQuestion> read_question(Reader& reader) {
  const Bytes start = reader.rest();
  StrictQuestion question;
  while (true) {
    const unsigned length = reader.u8();
    if (reader.has_failed() || length > dns::kLabelMax) return std::nullopt;
    question.name += static_cast<char>(length);
    for (const std::uint8_t octet : reader.octets(length))
      question.name += static_cast<char>(dns::to_lower(octet));
    if (length == 0) break;
  }
  question.type = reader.u16();
  question.query_class = reader.u16();
  if (reader.has_failed() || question.name.size() > dns::kNameMax) return std::nullopt;
  question.octets = start.first(start.size() - reader.rest().size());
  return question;
}

// RFC 7873 §4: eight octets of the client's, and none or 8 to 32 of the server's.
bool is_cookie(Bytes option) {
  return option.size() == 8 || (option.size() >= 16 && option.size() <= 40);
}

// True for the root written as one octet.
bool skip_owner(Reader& reader) {
  const Bytes start = reader.rest();
  while (true) {
    const unsigned length = reader.u8();
    if (length >= 0xC0) {
      reader.u8();
      break;
    }
    if (length > dns::kLabelMax) reader.fail();
    if (length == 0 || reader.has_failed()) break;
    reader.octets(length);
  }
  return !reader.has_failed() && start[0] == 0;
}

}  // namespace

ReferenceOptions read_options(Bytes options) {
  ReferenceOptions result{true};
  Reader reader(options);
  while (!reader.is_at_end()) {
    const std::uint16_t code = reader.u16();
    const Bytes option = reader.octets(reader.u16());
    if (reader.has_failed()) return {false};
    if (code == 10 && !result.has_cookie) {
      if (!is_cookie(option)) return {false};
      result.has_cookie = true;
    }
    if (code == 11) {  // RFC 7828 §3.2.1: a client sends no timeout
      if (!option.empty()) return {false};
      result.asks_keepalive = true;
    }
    if (code != 8 || result.subnet) continue;
    const auto subnet = read_subnet(Reader(option));
    if (!subnet) return {false};
    if (subnet->family <= 2) result.subnet = subnet;
  }
  return result;
}

ReferenceQuery read_query(Bytes message) {
  ReferenceQuery result;
  Reader reader(message);
  reader.octets(4);
  result.questions = reader.u16();
  result.answers = reader.u16();
  result.authorities = reader.u16();
  if (result.questions > 1) return result;
  const std::uint16_t additionals = reader.u16();
  if (result.questions == 1) result.question = read_question(reader);
  if (result.questions == 1 && !result.question) return result;
  for (unsigned left = result.answers + result.authorities; left > 0; --left) {
    skip_owner(reader);
    reader.octets(8);
    reader.octets(reader.u16());
    if (reader.has_failed()) return result;
  }

  for (std::uint16_t left = additionals; left > 0; --left) {
    const bool is_root = skip_owner(reader);
    const dns::Type type = reader.u16();
    StrictOpt opt{};
    opt.payload_size = reader.u16();
    opt.extended_rcode = static_cast<std::uint8_t>(reader.u8());
    opt.version = static_cast<std::uint8_t>(reader.u8());
    opt.flags = reader.u16();
    opt.options = reader.octets(reader.u16());
    if (reader.has_failed()) return result;
    if (type == dns::type::kTsig) result.has_tsig = true;
    if (type != dns::type::kOpt) continue;
    if (result.opt || !is_root) return result;
    result.opt = opt;
    if (opt.version != 0) continue;
    const ReferenceOptions options = read_options(opt.options);
    if (!options.is_well_formed) return result;
    result.subnet = options.subnet;
    result.has_cookie = options.has_cookie;
    result.asks_keepalive = options.asks_keepalive;
  }
  result.is_well_formed = true;  // what may follow is not looked at
  return result;
}

}  // namespace rhumb::fuzz
