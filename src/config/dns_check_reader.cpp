#include "config/dns_check_reader.hpp"

#include <string>

#include <fmt/format.h>

#include "dns/codes.hpp"
#include "dns/name.hpp"

namespace rhumb::config {
namespace {

using dns::Rcode;

constexpr std::size_t kRcodesMax = 6;  // as there are
constexpr std::size_t kAnswerMax = 1'024;

dns::Name read_query(const JsonPlace& place) {
  const auto text = place.text();
  if (!text) return {};
  const auto name = dns::Name::from_text(*text);
  if (!name) place.error(fmt::format("\"{}\" is not a name such as \"www.example.com\"", *text));
  return name.value_or(dns::Name());
}

dns::Type read_type(const JsonPlace& place) {
  using namespace dns::type;
  return place
      .choice<dns::Type>({{"A", kA},
                          {"AAAA", kAaaa},
                          {"CNAME", kCname},
                          {"HTTPS", kHttps},
                          {"MX", kMx},
                          {"NS", kNs},
                          {"PTR", kPtr},
                          {"SOA", kSoa},
                          {"SRV", kSrv},
                          {"SVCB", kSvcb},
                          {"TXT", kTxt}})
      .value_or(kA);
}

Rcode read_rcode(const JsonPlace& place) {
  return place
      .choice<Rcode>({{"NOERROR", Rcode::no_error},
                      {"FORMERR", Rcode::form_err},
                      {"SERVFAIL", Rcode::serv_fail},
                      {"NXDOMAIN", Rcode::nx_domain},
                      {"NOTIMP", Rcode::not_imp},
                      {"REFUSED", Rcode::refused}})
      .value_or(Rcode::no_error);
}

std::vector<Rcode> read_rcodes(const JsonPlace& place) {
  if (!place.is_array()) return {read_rcode(place)};
  std::vector<Rcode> rcodes;
  for (const JsonPlace& element : place.elements())
    rcodes.push_back(read_rcode(element));
  if (rcodes.empty()) place.error("must name at least one status");
  if (rcodes.size() > kRcodesMax) place.error(fmt::format("more than {}", kRcodesMax));
  return rcodes;
}

std::string read_answer(const JsonPlace& place) {
  const auto text = place.text();
  if (!text) return {};
  if (text->empty() || text->size() > kAnswerMax) place.error(fmt::format("must have 1 to {} octets", kAnswerMax));
  return *text;
}

}  // namespace

void read_dns_check(const JsonPlace& place, health::Check& check) {
  if (const auto query = place.required("query")) check.query = read_query(*query);
  if (const auto type = place.member("query_type")) check.query_type = read_type(*type);
  if (const auto transport = place.member("transport")) {
    check.is_over_tcp = transport->choice<bool>({{"udp", false}, {"tcp", true}}).value_or(false);
  }
  if (const auto rcodes = place.member("expected_rcode")) check.expected_rcodes = read_rcodes(*rcodes);
  if (const auto answer = place.member("expected_answer")) check.expected_answer = read_answer(*answer);
}

}  // namespace rhumb::config
