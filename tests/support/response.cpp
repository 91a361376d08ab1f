#include "support/response.hpp"

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>
#include <ldns/ldns.h>

namespace rhumb::test {
namespace {

using Text = std::unique_ptr<char, decltype(&std::free)>;

std::string tidy(const char* text) {
  std::string result = text;
  std::ranges::replace(result, '\t', ' ');
  // ldns adds remarks such as ";{id = 1}".
  result = result.substr(0, result.find(" ;{"));
  while (!result.empty() && (result.back() == '\n' || result.back() == ' '))
    result.pop_back();
  return result;
}

std::vector<std::string> records(const ldns_rr_list* section) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    const Text text(ldns_rr2str(ldns_rr_list_rr(section, i)), &std::free);
    result.push_back(tidy(text.get()));
  }
  return result;
}

std::string question_text(const ldns_pkt* packet) {
  const ldns_rr_list* section = ldns_pkt_question(packet);
  if (ldns_rr_list_rr_count(section) == 0) return {};
  const ldns_rr* question = ldns_rr_list_rr(section, 0);
  const Text name(ldns_rdf2str(ldns_rr_owner(question)), &std::free);
  const Text type(ldns_rr_type2str(ldns_rr_get_type(question)), &std::free);
  return std::string(name.get()) + " " + type.get();
}

std::string rcode_text(const ldns_pkt* packet) {
  const int rcode = ldns_pkt_get_rcode(packet) | ldns_pkt_edns_extended_rcode(packet) << 4;
  if (rcode == 16) return "BADVERS";
  const Text text(ldns_pkt_rcode2str(static_cast<ldns_pkt_rcode>(rcode)), &std::free);
  return text.get();
}

std::map<std::uint16_t, std::vector<std::uint8_t>> options(const ldns_pkt* packet) {
  std::map<std::uint16_t, std::vector<std::uint8_t>> result;
  const ldns_rdf* options = ldns_pkt_edns_data(packet);
  if (options == nullptr) return result;
  Bytes rest(ldns_rdf_data(options), ldns_rdf_size(options));
  while (rest.size() >= 4) {
    const std::uint16_t code = load_u16(rest.data());
    const Bytes content = rest.subspan(4, load_u16(rest.data() + 2));
    const bool is_new = result.try_emplace(code, content.begin(), content.end()).second;
    EXPECT_TRUE(is_new) << "option " << code << " twice";
    rest = rest.subspan(4 + content.size());
  }
  return result;
}

}  // namespace

Response parse_response(Bytes message) {
  ldns_pkt* parsed = nullptr;
  const ldns_status status = ldns_wire2pkt(&parsed, message.data(), message.size());
  if (status != LDNS_STATUS_OK) {
    ADD_FAILURE() << "ldns cannot read the response: " << ldns_get_errorstr_by_id(status);
    return {};
  }
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(parsed, &ldns_pkt_free);
  Response response;
  response.id = ldns_pkt_id(parsed);
  response.rcode = rcode_text(parsed);
  response.aa = ldns_pkt_aa(parsed);
  response.tc = ldns_pkt_tc(parsed);
  response.rd = ldns_pkt_rd(parsed);
  response.question = question_text(parsed);
  response.answer = records(ldns_pkt_answer(parsed));
  response.authority = records(ldns_pkt_authority(parsed));
  response.additional = records(ldns_pkt_additional(parsed));
  response.has_edns = ldns_pkt_edns(parsed);
  response.payload_size = ldns_pkt_edns_udp_size(parsed);
  response.options = options(parsed);
  const auto subnet = response.options.find(8);
  if (subnet != response.options.end() && subnet->second.size() >= 4) response.scope_bits = subnet->second[3];
  response.size = message.size();
  return response;
}

}  // namespace rhumb::test
