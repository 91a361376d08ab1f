#include "health/dns_message.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include <fmt/format.h>
#include <ldns/ldns.h>

namespace rhumb::health {
namespace {

struct Freed {
  void operator()(ldns_pkt* packet) const noexcept { ldns_pkt_free(packet); }
  void operator()(ldns_rdf* data) const noexcept { ldns_rdf_deep_free(data); }
  void operator()(char* text) const noexcept { LDNS_FREE(text); }
  void operator()(std::uint8_t* octets) const noexcept { LDNS_FREE(octets); }
};
template <typename T>
using Held = std::unique_ptr<T, Freed>;

// ldns gives null where there is no memory.
template <typename T>
Held<T> held(T* made) {
  if (made == nullptr) throw std::bad_alloc();
  return Held<T>(made);
}

Held<ldns_rdf> query_name(const Check& check) {
  const Bytes wire = check.query.wire();
  return held(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, wire.size(), wire.data()));
}

Held<ldns_pkt> parse(Bytes message) {
  ldns_pkt* packet = nullptr;
  return Held<ldns_pkt>(ldns_wire2pkt(&packet, message.data(), message.size()) == LDNS_STATUS_OK ? packet : nullptr);
}

bool is_response(const Check& check, std::uint16_t id, const ldns_pkt& packet) {
  if (!ldns_pkt_qr(&packet) || ldns_pkt_id(&packet) != id || ldns_pkt_get_opcode(&packet) != LDNS_PACKET_QUERY) {
    return false;
  }
  const ldns_rr_list* questions = ldns_pkt_question(&packet);
  if (ldns_rr_list_rr_count(questions) != 1) return false;
  const ldns_rr* question = ldns_rr_list_rr(questions, 0);
  return ldns_rr_get_type(question) == static_cast<ldns_rr_type>(check.query_type) &&
         ldns_rr_get_class(question) == LDNS_RR_CLASS_IN &&
         ldns_dname_compare(ldns_rr_owner(question), query_name(check).get()) == 0;
}

std::string data_of(const ldns_rr& record) {
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const auto field = held(ldns_rdf2str(ldns_rr_rdf(&record, i)));
    (text += i == 0 ? "" : " ") += field.get();
  }
  return text;
}

bool has_expected_answer(const Check& check, const ldns_pkt& packet) {
  const ldns_rr_list* answer = ldns_pkt_answer(&packet);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answer); ++i) {
    if (data_of(*ldns_rr_list_rr(answer, i)) == check.expected_answer) return true;
  }
  return false;
}

Outcome judge(const Check& check, const ldns_pkt& packet) {
  const auto rcode = static_cast<dns::Rcode>(ldns_pkt_get_rcode(&packet));
  std::string status = fmt::format("DNS {}", dns::rcode_to_text(rcode));
  if (std::ranges::find(check.expected_rcodes, rcode) == check.expected_rcodes.end()) return failure(std::move(status));
  if (check.expected_answer.empty() || has_expected_answer(check, packet)) return success(std::move(status));
  return failure(fmt::format("{}, but no record of the answer is \"{}\"", status, check.expected_answer));
}

}  // namespace

std::vector<std::uint8_t> write_query(const Check& check, std::uint16_t id) {
  ldns_rdf* const name = query_name(check).release();  // becomes the packet's
  const auto packet = held(ldns_pkt_query_new(name, static_cast<ldns_rr_type>(check.query_type), LDNS_RR_CLASS_IN, 0));
  ldns_pkt_set_id(packet.get(), id);
  std::uint8_t* octets = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&octets, packet.get(), &size) != LDNS_STATUS_OK) throw std::bad_alloc();
  const Held<std::uint8_t> written(octets);
  return {octets, octets + size};
}

std::optional<DnsVerdict> judge_response(const Check& check, std::uint16_t id, Bytes message) {
  const auto packet = parse(message);
  if (!packet || !is_response(check, id, *packet)) return std::nullopt;
  return DnsVerdict{ldns_pkt_tc(packet.get()), judge(check, *packet)};
}

}  // namespace rhumb::health
