#include "zone/rdata_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <mutex>
#include <new>

#include <fmt/format.h>
#include <ldns/ldns.h>
#include <strings.h>

#include "zone/entry_reader.hpp"
#include "zone/name_text.hpp"
#include "zone/svcb_reader.hpp"
#include "zone/token.hpp"

namespace rhumb::zone {
namespace {

struct FreeRecord {
  void operator()(ldns_rr* record) const noexcept { ldns_rr_free(record); }
};
using RecordPtr = std::unique_ptr<ldns_rr, FreeRecord>;

constexpr dns::Type kSvcb = 64, kHttps = 65, kCaa = 257;

// Types that ldns does not know (or, NSAP-PTR, reads as if it were text), and others whose data has the same form.
struct SameForm {
  dns::Type type;
  std::string_view name;
  dns::Type form;
};
constexpr std::array<SameForm, 7> kSameForms = {{{23, "NSAP-PTR", 12},
                                                 {56, "NINFO", 16},
                                                 {57, "RKEY", 48},
                                                 {258, "AVC", 16},
                                                 {261, "RESINFO", 16},
                                                 {262, "WALLET", 16},
                                                 {32768, "TA", 43}}};

dns::Type form_of(dns::Type type) noexcept {
  const auto same = std::ranges::find(kSameForms, type, &SameForm::type);
  return same == kSameForms.end() ? type : same->form;
}

// Long dead; ldns has their names and cannot read their text, or misreads it.
constexpr std::array<dns::Type, 4> kGenericOnly = {30, 34, 38, 40};  // NXT, ATMA, A6, SINK

std::string explain(ldns_status status, std::string_view type, std::string_view text) {
  switch (status) {
    case LDNS_STATUS_SYNTAX_MISSING_VALUE_ERR:
      return fmt::format("the {} record is incomplete: {}", type, shown_text(text));
    case LDNS_STATUS_SYNTAX_SUPERFLUOUS_TEXT_ERR:
      return fmt::format("there is more in the {} record than belongs to it: {}", type, shown_text(text));
    case LDNS_STATUS_SYNTAX_RDATA_ERR:
      return fmt::format("{} is not the data of a {} record", shown_text(text), type);
    default:
      return fmt::format("{} is not the data of a {} record ({})", shown_text(text), type,
                         ldns_get_errorstr_by_id(status));
  }
}

// ldns asks the C library for the numbers of WKS's protocol and services, which is not for several threads.
ldns_status parse(dns::Type type, const std::string& line, const ldns_rdf* origin, ldns_rr*& record) {
  constexpr dns::Type kWks = 11;
  static std::mutex services;
  std::unique_lock lock(services, std::defer_lock);
  if (type == kWks) lock.lock();
  return ldns_rr_new_frm_str(&record, line.c_str(), 0, origin, nullptr);
}

// RFC 8659 §4.1.1: the value of CAA may do without quotes; ldns wants them.
std::string with_quoted_value(std::string_view text) {
  std::string_view value = text;
  const std::string_view flags = take_token(value);
  const std::string_view tag = take_token(value);
  const bool is_one_token = !value.empty() && value.find(' ') == std::string_view::npos;
  if (!is_one_token || value.starts_with('"')) return std::string(text);
  return fmt::format("{} {} \"{}\"", flags, tag, value);
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The octets of "\# LENGTH HEX…" (RFC 3597 §5); nothing when it is not well formed. `text` starts after the "\#".
std::optional<std::vector<std::uint8_t>> parse_generic(std::string_view text) {
  const std::string_view length_text = take_token(text);
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (error != std::errc() || end != length_text.data() + length_text.size() || length > 65'535) return std::nullopt;

  std::vector<std::uint8_t> octets;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    if (high >= 0) octets.push_back(static_cast<std::uint8_t>(high * 16 + digit));
    high = high >= 0 ? -1 : digit;
  }
  if (high >= 0 || octets.size() != length) return std::nullopt;
  return octets;
}

// The most that a number in a field of this type can be, or 0 for fields that are not numbers.
std::uint64_t number_max(ldns_rdf_type type) noexcept {
  switch (type) {
    case LDNS_RDF_TYPE_INT8:
      return 0xFF;
    case LDNS_RDF_TYPE_INT16:
      return 0xFFFF;
    case LDNS_RDF_TYPE_INT32:
    case LDNS_RDF_TYPE_PERIOD:
      return 0xFFFF'FFFF;
    default:
      return 0;
  }
}

const ldns_rr_descriptor* known_type(dns::Type type) noexcept {
  const ldns_rr_descriptor* descriptor = ldns_rr_descript(type);  // that of type 0 for those that ldns does not know
  return descriptor->_type == type ? descriptor : nullptr;
}

std::size_t fields_min(const ldns_rr_descriptor& type) noexcept {
  constexpr auto kCsync = LDNS_RR_TYPE_CSYNC;
  // RFC 7477 §2.1.1.2.1: the last field of CSYNC, the types, may be empty.
  return ldns_rr_descriptor_minimum(&type) - (type._type == kCsync ? 1U : 0U);
}

// What is wrong with the first bad name in the text. Fields and tokens go side by side up to the last name.
std::optional<std::string> find_name_fault(const ldns_rr_descriptor& type, std::string_view text, Bytes origin) {
  for (std::size_t i = 0; i < ldns_rr_descriptor_minimum(&type); ++i) {
    const std::string_view token = take_token(text);
    if (token.empty()) return std::nullopt;  // incomplete, whatever the name is
    if (ldns_rr_descriptor_field_type(&type, i) != LDNS_RDF_TYPE_DNAME) continue;
    if (auto name = read_name(token, origin); !name.fault.empty()) return std::move(name.fault);
  }
  return std::nullopt;
}

// The first number in the text that is too large for its field, which ldns would have cut off. Fields and tokens go
// side by side until the first field that may be of several tokens; no type has a number after it.
std::optional<std::string_view> find_overflow(const ldns_rr& record, std::string_view text) {
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const std::string_view token = take_token(text);
    const std::uint64_t max = number_max(ldns_rdf_get_type(ldns_rr_rdf(&record, i)));
    if (max == 0 || token.empty() || !std::ranges::all_of(token, [](char c) { return c >= '0' && c <= '9'; })) continue;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
    if (error != std::errc() || value > max) return token;
  }
  return std::nullopt;
}

}  // namespace

RdataReader::~RdataReader() {
  ldns_rdf_deep_free(origin_);
}

std::optional<dns::Type> RdataReader::type_from_text(std::string_view text) {
  if (const auto type = dns::type_from_text(text)) return type;
  for (const SameForm& same : kSameForms) {
    if (equal_ignoring_case(text, same.name)) return same.type;
  }
  // "TYPE" and a number is not asked of ldns, which takes TYPE70000 for 4464.
  constexpr std::string_view kGenericPrefix = "TYPE";
  const std::string name(text);
  if (strncasecmp(name.c_str(), kGenericPrefix.data(), kGenericPrefix.size()) == 0) return std::nullopt;
  const auto type = ldns_get_rr_type_by_name(name.c_str());
  if (type == 0) return std::nullopt;
  return static_cast<dns::Type>(type);
}

void RdataReader::set_origin(const dns::Name& origin) {
  ldns_rdf_deep_free(origin_);
  origin_ = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin.wire().size(), origin.wire().data());
  if (origin_ == nullptr) throw std::bad_alloc();
}

Bytes RdataReader::origin() const noexcept {
  return {ldns_rdf_data(origin_), ldns_rdf_size(origin_)};
}

std::optional<std::string> RdataReader::read(dns::Type type, std::string_view type_text, std::string_view text) {
  std::string_view rest = text;
  const bool is_generic = take_token(rest) == "\\#";
  const bool is_svcb = type == kSvcb || type == kHttps;
  if (is_svcb && !is_generic) {
    auto svcb = read_svcb(text, origin());
    rdata_ = std::move(svcb.rdata);
    if (svcb.fault.empty()) return std::nullopt;
    return fmt::format("{} record: {}", type_text, svcb.fault);
  }
  if (std::ranges::find(kGenericOnly, type) != kGenericOnly.end()) {
    if (!is_generic) {
      return fmt::format("the data of a {} record can be written in the generic form only: \\# LENGTH HEX (RFC 3597)",
                         type_text);
    }
    auto octets = parse_generic(rest);
    if (!octets) return explain(LDNS_STATUS_SYNTAX_RDATA_ERR, type_text, text);
    rdata_ = std::move(*octets);
    return std::nullopt;
  }
  auto problem = type == kCaa && !is_generic ? read_with_ldns(type, type_text, with_quoted_value(text))
                                             : read_with_ldns(form_of(type), type_text, text);
  if (problem || !is_svcb) return problem;
  const auto fault = find_svcb_fault(rdata_);
  return fault ? std::optional(fmt::format("{} record: {}", type_text, *fault)) : std::nullopt;
}

std::optional<std::string> RdataReader::read_with_ldns(dns::Type type, std::string_view type_text,
                                                       std::string_view text) {
  // The owner, the TTL and the class are not ldns' business.
  line_ = ". 0 IN TYPE";
  line_ += std::to_string(type);
  line_ += ' ';
  line_ += text;
  ldns_rr* read = nullptr;
  const ldns_status status = parse(type, line_, origin_, read);
  if (status == LDNS_STATUS_MEM_ERR) throw std::bad_alloc();
  std::string_view after_mark = text;
  const bool is_generic = take_token(after_mark) == "\\#";
  const ldns_rr_descriptor* known = known_type(type);
  if (status != LDNS_STATUS_OK) {
    const auto fault = known == nullptr || is_generic ? std::nullopt : find_name_fault(*known, text, origin());
    return fault ? fault : explain(status, type_text, text);
  }
  const RecordPtr record(read);
  take(*record);

  // ldns lets an unknown type be empty, and the generic form have fewer fields than a known type.
  if (known == nullptr && !is_generic) return explain(LDNS_STATUS_SYNTAX_RDATA_ERR, type_text, text);
  if (known != nullptr && ldns_rr_rd_count(read) < fields_min(*known)) {
    return explain(LDNS_STATUS_SYNTAX_MISSING_VALUE_ERR, type_text, text);
  }
  if (is_generic) {
    const auto octets = parse_generic(after_mark);
    if (!octets || *octets != rdata_) return explain(LDNS_STATUS_SYNTAX_RDATA_ERR, type_text, text);
  } else if (const auto overflow = find_overflow(*record, text)) {
    return fmt::format("{} in the {} record is too large a number for its field", *overflow, type_text);
  } else if (known != nullptr && text.find_first_of("@\"") != std::string_view::npos) {
    return mend_names(*record, text);
  }
  return std::nullopt;
}

// ldns takes a name whose first label is "@", as in \@ and @.x, for the origin, and quotes for letters.
std::optional<std::string> RdataReader::mend_names(const ldns_rr& record, std::string_view text) {
  std::vector<std::uint8_t> mended;
  const std::size_t fields_with_tokens =
      ldns_rr_descriptor_minimum(ldns_rr_descript(static_cast<std::uint16_t>(ldns_rr_get_type(&record))));
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(&record, i);
    const std::string_view token = take_token(text);
    const bool is_name = i < fields_with_tokens && ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME;
    if (!is_name) {
      mended.insert(mended.end(), ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
      continue;
    }
    if (token.starts_with('"')) return fmt::format("{} is in quotes; a domain name has none", token);
    auto name = read_name(token, origin());
    if (!name.fault.empty()) return std::move(name.fault);
    mended.insert(mended.end(), name.wire.begin(), name.wire.end());
  }
  rdata_ = std::move(mended);
  return std::nullopt;
}

void RdataReader::take(const ldns_rr& record) {
  rdata_.clear();
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(&record, i);
    rdata_.insert(rdata_.end(), ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
  }
}

}  // namespace rhumb::zone
