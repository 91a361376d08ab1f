#include "dns/codes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace rhumb::dns {
namespace {

// IANA "Resource Record (RR) TYPEs": those in use, and the query types.
constexpr auto kTypes = std::to_array<std::pair<Type, std::string_view>>({
    {1, "A"},           {2, "NS"},     {5, "CNAME"},   {6, "SOA"},     {11, "WKS"},    {12, "PTR"},
    {13, "HINFO"},      {15, "MX"},    {16, "TXT"},    {17, "RP"},     {18, "AFSDB"},  {24, "SIG"},
    {25, "KEY"},        {28, "AAAA"},  {29, "LOC"},    {33, "SRV"},    {35, "NAPTR"},  {36, "KX"},
    {37, "CERT"},       {39, "DNAME"}, {41, "OPT"},    {42, "APL"},    {43, "DS"},     {44, "SSHFP"},
    {45, "IPSECKEY"},   {46, "RRSIG"}, {47, "NSEC"},   {48, "DNSKEY"}, {49, "DHCID"},  {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},  {53, "SMIMEA"}, {55, "HIP"},    {59, "CDS"},    {60, "CDNSKEY"},
    {61, "OPENPGPKEY"}, {62, "CSYNC"}, {63, "ZONEMD"}, {64, "SVCB"},   {65, "HTTPS"},  {99, "SPF"},
    {104, "NID"},       {105, "L32"},  {106, "L64"},   {107, "LP"},    {108, "EUI48"}, {109, "EUI64"},
    {249, "TKEY"},      {250, "TSIG"}, {251, "IXFR"},  {252, "AXFR"},  {255, "ANY"},   {256, "URI"},
    {257, "CAA"},
});

constexpr std::string_view kUnknownTypePrefix = "TYPE";

constexpr char upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, upper, upper);
}

}  // namespace

std::optional<Type> type_from_text(std::string_view text) {
  for (const auto& [type, name] : kTypes) {
    if (equal_ignoring_case(text, name)) return type;
  }
  if (!equal_ignoring_case(text.substr(0, kUnknownTypePrefix.size()), kUnknownTypePrefix)) return std::nullopt;
  const std::string_view digits = text.substr(kUnknownTypePrefix.size());
  Type type = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), type);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return type;
}

std::string type_to_text(Type type) {
  for (const auto& [number, name] : kTypes) {
    if (number == type) return std::string(name);
  }
  return std::string(kUnknownTypePrefix) + std::to_string(type);
}

std::string_view rcode_to_text(Rcode rcode) noexcept {
  switch (rcode) {
    case Rcode::no_error:
      return "NOERROR";
    case Rcode::form_err:
      return "FORMERR";
    case Rcode::serv_fail:
      return "SERVFAIL";
    case Rcode::nx_domain:
      return "NXDOMAIN";
    case Rcode::not_imp:
      return "NOTIMP";
    case Rcode::refused:
      return "REFUSED";
    case Rcode::yx_domain:
      return "YXDOMAIN";
    case Rcode::not_auth:
      return "NOTAUTH";
    case Rcode::bad_vers:
      return "BADVERS";
  }
  return "RESERVED";
}

}  // namespace rhumb::dns
