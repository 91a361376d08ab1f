#include "zone/svcb_reader.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <ldns/ldns.h>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/name.hpp"
#include "zone/entry_reader.hpp"
#include "zone/name_text.hpp"
#include "zone/token.hpp"

namespace rhumb::zone {
namespace {

using Octets = std::vector<std::uint8_t>;
// A value, or why there is none.
template <typename T>
struct Result {
  T value{};
  std::string fault;
};

using Key = dns::SvcParamKey;
using namespace dns::svc_param;

// By key.
constexpr std::array<std::string_view, 9> kKeyNames = {"mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
                                                       "ech",       "ipv6hint", "dohpath",         "ohttp"};
constexpr std::string_view kGenericPrefix = "key";
constexpr std::size_t kParamHeaderSize = 4;  // key and length of the value

std::string key_name(std::uint16_t key) {
  return key < kKeyNames.size() ? std::string(kKeyNames[key]) : fmt::format("{}{}", kGenericPrefix, key);
}

struct Param {
  std::uint16_t key;
  Octets value;
};

// Digits and nothing else.
std::optional<std::uint16_t> parse_u16(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct KeyText {
  std::uint16_t key;
  bool is_generic;  // "key667": its value is what goes on the wire
};

// Lower case only (§2.1).
std::optional<KeyText> parse_key(std::string_view text) {
  const auto known = std::ranges::find(kKeyNames, text);
  if (known != kKeyNames.end()) return KeyText{static_cast<std::uint16_t>(known - kKeyNames.begin()), false};
  if (!text.starts_with(kGenericPrefix)) return std::nullopt;
  text.remove_prefix(kGenericPrefix.size());
  const auto number = parse_u16(text);
  if (!number || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return KeyText{*number, true};
}

// The octets of a character string (RFC 9460 appendix A), in quotes or not; nothing when it is malformed.
std::optional<std::string> decode_string(std::string_view text) {
  if (text.starts_with('"')) {
    if (text.size() < 2 || text.back() != '"') return std::nullopt;
    text = text.substr(1, text.size() - 2);
  }
  std::string octets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;  // one that is not escaped ends the string
    if (text[i] != '\\') {
      octets += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (!is_digit(text[i])) {
      octets += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !is_digit(text[i + 1]) || !is_digit(text[i + 2])) return std::nullopt;
    const int octet = (text[i] - '0') * 100 + (text[i + 1] - '0') * 10 + (text[i + 2] - '0');
    if (octet > 255) return std::nullopt;
    octets += static_cast<char>(octet);
    i += 2;
  }
  return octets;
}

// Appendix A.1: items between commas; \, and \\ stand for themselves. Nothing when an item is empty.
std::optional<std::vector<std::string>> split_list(std::string_view text) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      items.emplace_back();
    } else if (text[i] == '\\') {
      if (++i == text.size() || (text[i] != ',' && text[i] != '\\')) return std::nullopt;
      items.back() += text[i];
    } else {
      items.back() += text[i];
    }
  }
  if (std::ranges::any_of(items, &std::string::empty)) return std::nullopt;
  return items;
}

Result<Octets> encode_mandatory(const std::vector<std::string>& items) {
  std::vector<std::uint16_t> keys;
  for (const std::string& item : items) {
    const auto key = parse_key(item);
    if (!key) return {{}, fmt::format("\"{}\" in \"mandatory\" is not a key", item)};
    keys.push_back(key->key);
  }
  std::ranges::sort(keys);
  Octets value;
  for (const std::uint16_t key : keys)
    append_u16(value, key);
  return {value, {}};
}

Result<Octets> encode_alpn(const std::vector<std::string>& items) {
  Octets value;
  for (const std::string& item : items) {
    if (item.size() > 255) return {{}, "an alpn has 255 octets at most"};
    value.push_back(static_cast<std::uint8_t>(item.size()));
    value.insert(value.end(), item.begin(), item.end());
  }
  return {value, {}};
}

Result<Octets> encode_hint(const std::vector<std::string>& items, int family) {
  Octets value;
  for (const std::string& item : items) {
    std::array<std::uint8_t, 16> address;
    if (inet_pton(family, item.c_str(), address.data()) != 1) {
      return {{}, fmt::format("\"{}\" is not an IPv{} address", item, family == AF_INET ? 4 : 6)};
    }
    value.insert(value.end(), address.begin(), address.begin() + (family == AF_INET ? 4 : 16));
  }
  return {value, {}};
}

Result<Octets> encode_ech(const std::string& text) {
  ldns_rdf* field = nullptr;
  if (text.empty() || ldns_str2rdf_b64(&field, text.c_str()) != LDNS_STATUS_OK) return {{}, "\"ech\" must be base 64"};
  Octets value(ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
  ldns_rdf_deep_free(field);
  return {std::move(value), {}};
}

Result<Octets> encode_list(std::uint16_t key, const std::string& text) {
  const auto items = split_list(text);
  if (!items) return {{}, fmt::format("\"{}\" must be a list with commas between, none of it empty", key_name(key))};
  if (key == kMandatory) return encode_mandatory(*items);
  if (key == kAlpn) return encode_alpn(*items);
  return encode_hint(*items, key == kIpv4Hint ? AF_INET : AF_INET6);
}

Result<Octets> encode_value(std::uint16_t key, const std::string& text) {
  switch (key) {
    case kMandatory:
    case kAlpn:
    case kIpv4Hint:
    case kIpv6Hint:
      return encode_list(key, text);
    case kPort: {
      const auto port = parse_u16(text);
      if (!port) return {{}, fmt::format("\"{}\" is not a port", text)};
      Octets value;
      append_u16(value, *port);
      return {value, {}};
    }
    case kEch:
      return encode_ech(text);
    default:  // as it is; find_svcb_fault() knows which must be empty
      return {{text.begin(), text.end()}, {}};
  }
}

Result<Param> read_param(std::string_view token) {
  const std::size_t equals = token.find('=');
  const std::string_view key_text = token.substr(0, equals);
  const auto key = parse_key(key_text);
  if (!key) {
    return {{},
            fmt::format("{} is not a key of a service's parameters; unknown ones are written key667",
                        shown_text(key_text))};
  }
  const std::string_view value_text = equals == std::string_view::npos ? std::string_view() : token.substr(equals + 1);
  const auto decoded = decode_string(value_text);
  if (!decoded) return {{}, fmt::format("{} is not a value of \"{}\"", shown_text(value_text), key_name(key->key))};
  auto value =
      key->is_generic ? Result<Octets>{{decoded->begin(), decoded->end()}, {}} : encode_value(key->key, *decoded);
  return {{key->key, std::move(value.value)}, std::move(value.fault)};
}

bool is_alpn_list(Bytes value) noexcept {
  if (value.empty()) return false;
  while (!value.empty()) {
    const std::size_t size = value[0];
    if (size == 0 || size >= value.size()) return false;
    value = value.subspan(size + 1);
  }
  return true;
}

bool is_well_formed(std::uint16_t key, Bytes value) noexcept {
  switch (key) {
    case kMandatory:
      return !value.empty() && value.size() % 2 == 0;
    case kAlpn:
      return is_alpn_list(value);
    case kNoDefaultAlpn:
    case kOhttp:
      return value.empty();
    case kPort:
      return value.size() == 2;
    case kIpv4Hint:
      return !value.empty() && value.size() % 4 == 0;
    case kIpv6Hint:
      return !value.empty() && value.size() % 16 == 0;
    case kEch:
    case kDohPath:
      return !value.empty();
    default:
      return true;
  }
}

// §8: what must be there is there, once, and is not "mandatory" itself.
std::optional<std::string> find_mandatory_fault(Bytes value, const std::vector<std::uint16_t>& keys) {
  int last = -1;
  for (; !value.empty(); value = value.subspan(2)) {
    const std::uint16_t key = load_u16(value.data());
    if (key == kMandatory) return "\"mandatory\" must not name itself (RFC 9460 §8)";
    if (key <= last) return fmt::format("\"{}\" stands twice in \"mandatory\", or not in order", key_name(key));
    if (std::ranges::find(keys, key) == keys.end()) {
      return fmt::format("\"{}\" is mandatory and not there (RFC 9460 §8)", key_name(key));
    }
    last = key;
  }
  return std::nullopt;
}

}  // namespace

ReadSvcb read_svcb(std::string_view text, Bytes origin) {
  const std::string_view priority_text = take_token(text);
  const auto priority = parse_u16(priority_text);
  if (!priority) return {fmt::format("{} is not a priority, a number up to 65535", shown_text(priority_text)), {}};
  auto target = read_name(take_token(text), origin);
  if (!target.fault.empty()) return {std::move(target.fault), {}};

  std::vector<Param> params;
  while (!text.empty()) {
    auto param = read_param(take_token(text));
    if (!param.fault.empty()) return {std::move(param.fault), {}};
    params.push_back(std::move(param.value));
  }
  std::ranges::stable_sort(params, {}, &Param::key);

  ReadSvcb result;
  append_u16(result.rdata, *priority);
  result.rdata.insert(result.rdata.end(), target.wire.begin(), target.wire.end());
  for (const Param& param : params) {
    append_u16(result.rdata, param.key);
    append_u16(result.rdata, static_cast<std::uint16_t>(param.value.size()));  // entries are shorter (entry_reader.hpp)
    result.rdata.insert(result.rdata.end(), param.value.begin(), param.value.end());
  }
  if (auto fault = find_svcb_fault(result.rdata)) return {std::move(*fault), {}};
  return result;
}

std::optional<std::string> find_svcb_fault(Bytes rdata) {
  constexpr auto kMalformed = "the data is cut off";
  if (rdata.size() < 3) return kMalformed;
  Bytes rest = rdata.subspan(2);
  while (rest[0] != 0) {  // the target
    if (rest[0] > dns::kLabelMax || rest.size() < rest[0] + 2U) return kMalformed;
    rest = rest.subspan(rest[0] + 1U);
  }
  rest = rest.subspan(1);

  std::vector<std::uint16_t> keys;
  Bytes mandatory;
  while (!rest.empty()) {
    if (rest.size() < kParamHeaderSize) return kMalformed;
    const std::uint16_t key = load_u16(rest.data());
    const std::size_t size = load_u16(rest.data() + 2);
    if (rest.size() < kParamHeaderSize + size) return kMalformed;
    const Bytes value = rest.subspan(kParamHeaderSize, size);
    if (!keys.empty() && key == keys.back()) return fmt::format("\"{}\" stands twice (RFC 9460 §2.1)", key_name(key));
    if (!keys.empty() && key < keys.back()) return "the keys are not in order (RFC 9460 §2.2)";
    if (!is_well_formed(key, value)) return fmt::format("the value of \"{}\" is not what it must be", key_name(key));
    if (key == kMandatory) mandatory = value;
    keys.push_back(key);
    rest = rest.subspan(kParamHeaderSize + size);
  }
  const auto has = [&](Key key) { return std::ranges::find(keys, key) != keys.end(); };
  if (has(kNoDefaultAlpn) && !has(kAlpn)) return "\"no-default-alpn\" needs \"alpn\" (RFC 9460 §7.1.1)";
  return find_mandatory_fault(mandatory, keys);
}

}  // namespace rhumb::zone
