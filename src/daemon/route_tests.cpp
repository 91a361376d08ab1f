#include "daemon/route_tests.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ldns/ldns.h>

namespace rhumb::daemon {
namespace {

// Most answers come from one; those that are steered more than once may come from several.
std::vector<std::string> regions_of(const answer::Decision& decision) {
  std::vector<std::string> regions;
  for (const answer::SteeredStep& steered : decision.steered) {
    if (steered.pick.count == 0) continue;
    const std::string& region = steered.service->settings().regions[steered.pick.region];
    if (std::ranges::find(regions, region) == regions.end()) regions.push_back(region);
  }
  return regions;
}

std::vector<dns::Name> targets_of(const answer::Decision& decision) {
  std::vector<dns::Name> targets;
  for (const answer::SteeredStep& steered : decision.steered) {
    const steering::Pick& pick = steered.pick;
    if (pick.count > 0 && steered.service->has_names())
      targets.push_back(steered.service->name(pick.region, pick.instances[0]));
  }
  return targets;
}

int scope_of(const answer::Decision& decision) {
  int scope_bits = 0;
  for (const answer::SteeredStep& steered : decision.steered)
    scope_bits = std::max<int>(scope_bits, steered.scope_bits);
  return scope_bits;
}

Bytes octets_of(const ldns_rr* record, std::size_t field) {
  const ldns_rdf* data = ldns_rr_rdf(record, field);
  return {ldns_rdf_data(data), ldns_rdf_size(data)};
}

void append_addresses(Bytes octets, Family family, std::vector<IpAddress>& addresses) {
  const std::size_t size = static_cast<std::size_t>(bits_of(family)) / 8;
  for (; octets.size() >= size; octets = octets.subspan(size)) {
    IpAddress address{0, family};
    for (const std::uint8_t octet : octets.first(size))
      address.bits = address.bits << 8 | octet;
    addresses.push_back(address);
  }
}

// Of the parameters of an SVCB or HTTPS record, each with key and length (RFC 9460 §2.2).
void append_hints(Bytes params, std::vector<IpAddress>& addresses) {
  constexpr std::size_t kParamHeaderSize = 4;
  while (params.size() >= kParamHeaderSize) {
    const dns::SvcParamKey key = load_u16(params.data());
    const Bytes value = params.subspan(kParamHeaderSize, load_u16(params.data() + 2));
    if (key == dns::svc_param::kIpv4Hint) append_addresses(value, Family::v4, addresses);
    if (key == dns::svc_param::kIpv6Hint) append_addresses(value, Family::v6, addresses);
    params = params.subspan(kParamHeaderSize + value.size());
  }
}

void append_addresses_of(const ldns_rr* record, std::vector<IpAddress>& addresses) {
  constexpr std::size_t kParamsField = 2;
  switch (ldns_rr_get_type(record)) {
    case LDNS_RR_TYPE_A:
      return append_addresses(octets_of(record, 0), Family::v4, addresses);
    case LDNS_RR_TYPE_AAAA:
      return append_addresses(octets_of(record, 0), Family::v6, addresses);
    case LDNS_RR_TYPE_SVCB:
    case LDNS_RR_TYPE_HTTPS:
      if (ldns_rr_rd_count(record) > kParamsField) append_hints(octets_of(record, kParamsField), addresses);
      return;
    default:
      return;
  }
}

// Of the answer section, as another implementation reads it.
std::vector<IpAddress> addresses_of(Bytes message) {
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, message.data(), message.size()) != LDNS_STATUS_OK) return {};
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(parsed, &ldns_pkt_free);
  const ldns_rr_list* section = ldns_pkt_answer(parsed);
  std::vector<IpAddress> addresses;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i)
    append_addresses_of(ldns_rr_list_rr(section, i), addresses);
  return addresses;
}

RouteAnswer answer_of(const Reply& reply) {
  return {regions_of(reply.decision), addresses_of(reply.message), targets_of(reply.decision), scope_of(reply.decision),
          reply.decision.rcode};
}

bool contains(const auto& list, const auto& value) {
  return std::ranges::find(list, value) != list.end();
}

std::string to_text(const std::vector<IpAddress>& addresses) {
  if (addresses.empty()) return "no address";
  std::vector<std::string> texts;
  texts.reserve(addresses.size());
  for (const IpAddress address : addresses)
    texts.push_back(address.to_string());
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string to_text(const std::vector<dns::Name>& targets) {
  if (targets.empty()) return "no target";
  std::vector<std::string> texts;
  texts.reserve(targets.size());
  for (const dns::Name& target : targets)
    texts.push_back(target.to_text());
  return fmt::format("{}", fmt::join(texts, ", "));
}

// An answer without any is what an empty list expects, and no other.
template <typename T>
void compare_lists(const std::optional<std::vector<T>>& expected, const std::vector<T>& came,
                   std::vector<Mismatch>& mismatches) {
  if (!expected) return;
  const auto is_expected = [&](const T& value) { return contains(*expected, value); };
  if (expected->empty() == came.empty() && std::ranges::all_of(came, is_expected)) return;
  mismatches.push_back({(expected->empty() ? "" : "only ") + to_text(*expected), to_text(came)});
}

std::vector<Mismatch> compare(const Expectations& expect, const RouteAnswer& came) {
  std::vector<Mismatch> mismatches;
  const auto is_expected = [&](const std::string& region) { return contains(expect.regions, region); };
  const auto is_unwanted = [&](const std::string& region) { return contains(expect.not_regions, region); };
  const std::string regions = came.regions.empty() ? "none" : fmt::format("{}", fmt::join(came.regions, ", "));
  if (!expect.regions.empty() && (came.regions.empty() || !std::ranges::all_of(came.regions, is_expected))) {
    mismatches.push_back({fmt::format("a region of {}", fmt::join(expect.regions, ", ")), regions});
  }
  if (std::ranges::any_of(came.regions, is_unwanted)) {
    mismatches.push_back({fmt::format("no region of {}", fmt::join(expect.not_regions, ", ")), regions});
  }
  compare_lists(expect.addresses, came.addresses, mismatches);
  compare_lists(expect.targets, came.targets, mismatches);
  if (expect.scope && (came.scope_bits < expect.scope->min || came.scope_bits > expect.scope->max)) {
    mismatches.push_back({fmt::format("a scope from /{} to /{}", expect.scope->min, expect.scope->max),
                          fmt::format("/{}", came.scope_bits)});
  }
  if (expect.rcode && *expect.rcode != came.rcode) {
    mismatches.push_back({std::string(dns::rcode_to_text(*expect.rcode)), std::string(dns::rcode_to_text(came.rcode))});
  }
  return mismatches;
}

RouteTestResult run(const answer::Snapshot& snapshot, const RouteTest& test) {
  RouteTestResult result{test.place, test.name, test.question, {}, {}, {}, snapshot.board};
  for (std::uint64_t seed = 0; seed < kRouteTestSeeds && result.has_passed(); ++seed) {
    Reply reply = ask(snapshot, test.question, seed);
    RouteAnswer answer = answer_of(reply);
    result.mismatches = compare(test.expect, answer);
    if (seed > 0 && result.has_passed()) continue;
    result.answer = std::move(answer);
    result.reply = std::move(reply);
  }
  return result;
}

}  // namespace

std::vector<RouteTestResult> run_route_tests(answer::Snapshot& snapshot, const health::Board& base,
                                             std::span<const RouteTest> tests) {
  // Most tests assume the same regions down: none. A board costs as much as there are instances.
  std::map<std::vector<std::string>, std::shared_ptr<const health::Board>> boards;
  std::vector<RouteTestResult> results;
  results.reserve(tests.size());
  for (const RouteTest& test : tests) {
    auto& board = boards[test.down];
    if (board == nullptr) board = assume_down(snapshot, base, test.down);
    snapshot.board = board;
    results.push_back(run(snapshot, test));
  }
  snapshot.board = nullptr;
  return results;
}

std::vector<RouteTestResult> run_route_tests(Loaded& loaded, std::span<const RouteTest> tests) {
  return run_route_tests(*loaded.snapshot, health::Board(loaded.plan.instances.size()), tests);
}

void report_failures(const RouteTestResult& result, Problems& problems) {
  for (const Mismatch& mismatch : result.mismatches) {
    problems.error(result.place,
                   fmt::format("\"{}\": expected {}, came {}", result.name, mismatch.expected, mismatch.came));
  }
}

}  // namespace rhumb::daemon
