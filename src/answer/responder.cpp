#include "answer/responder.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

#include "answer/chaos.hpp"
#include "answer/service_binding.hpp"
#include "dns/placed_name.hpp"
#include "dns/query.hpp"
#include "dns/response_writer.hpp"

namespace rhumb::answer {
namespace {

using dns::Rcode;
using dns::Section;
using zone::Lookup;

// What a response must keep to (RFC 6891 §6.2.3-5, RFC 1035 §4.2).
std::size_t size_limit(const Settings& settings, const Client& client, const dns::Query& query) noexcept {
  if (client.transport == Transport::tcp) return dns::kMessageMax;
  if (!query.edns) return dns::kUdpPayloadMin;
  return std::clamp<std::size_t>(query.edns->payload_size, dns::kUdpPayloadMin,
                                 settings.payload(client.address.family));
}

// What a response says to the EDNS of its query, which must outlive it.
dns::OptRecord opt_record(const Settings& settings, const Client& client, const dns::Edns& edns) noexcept {
  dns::OptRecord opt{settings.payload(client.address.family)};
  opt.dnssec_ok = edns.dnssec_ok;
  if (edns.client_subnet) opt.client_subnet = &*edns.client_subnet;
  if (edns.asks_nsid) opt.nsid = settings.identity;
  if (edns.cookie && settings.cookies) opt.cookie = settings.cookies->make(*edns.cookie, client.address, client.now_s);
  if (edns.asks_keepalive && client.transport == Transport::tcp) {
    // RFC 7828 §3.1: 16 bits, which end at 1 h 49 min.
    const auto timeout = std::min<std::int64_t>(settings.tcp_idle / std::chrono::milliseconds(100), 0xFFFF);
    opt.keepalive_100ms = static_cast<std::uint16_t>(timeout);
  }
  return opt;
}

bool has_valid_cookie(const Settings& settings, const Client& client, const dns::Query& query) noexcept {
  return settings.cookies && query.edns && query.edns->cookie &&
         settings.cookies->is_valid(*query.edns->cookie, client.address, client.now_s);
}

// A position for a name that has to be written out.
constexpr std::size_t kOutOfReach = dns::kPointerMax + 1;

bool is_address_type(dns::Type type) noexcept {
  return type == dns::type::kA || type == dns::type::kAaaa || type == dns::type::kAny;
}

// ANY gets one family (RFC 8482 §4.1): IPv4 where there is any.
Family asked_family(dns::Type type, const steering::Service& service) noexcept {
  if (type == dns::type::kAny) return service.has(Family::v4) ? Family::v4 : Family::v6;
  return type == dns::type::kA ? Family::v4 : Family::v6;
}

// What a person who looks at an answer like this should know.
std::optional<dns::ExtendedError> error_of(steering::Outcome outcome) noexcept {
  switch (outcome) {
    case steering::Outcome::healthy:
    case steering::Outcome::no_instances:
      return std::nullopt;
    case steering::Outcome::all_down:
    case steering::Outcome::fallback:
    case steering::Outcome::last_resort:
    case steering::Outcome::nodata:
      return dns::ExtendedError::no_reachable_authority;
    case steering::Outcome::kept_out:
      return dns::ExtendedError::filtered;
    case steering::Outcome::refused:
      return dns::ExtendedError::prohibited;
  }
  return std::nullopt;
}

// One answer in the making. Lives on the stack of answer().
class Answer {
 public:
  Answer(const Snapshot& snapshot, const Client& client, const dns::Query& query, dns::ResponseWriter& writer,
         Random& random, Decision* trace) noexcept
      : snapshot_(snapshot),
        client_(client),
        query_(query),
        writer_(writer),
        random_(random),
        trace_(trace),
        name_(query.name),
        summary_{.type = query.type} {}

  // RFC 1034 §4.3.2: from the question along CNAMEs and DNAMEs to what ends the chain.
  void resolve() noexcept;

  [[nodiscard]] std::uint8_t scope_bits() const noexcept { return scope_bits_; }
  // As far as it is known here.
  [[nodiscard]] const Summary& summary() const noexcept { return summary_; }

 private:
  // Unless done, name_ is that of the next step, which is to be found in the same zone, or in any.
  enum class Next : std::uint8_t { done, follow, follow_anywhere };

  void fail(const Lookup& lookup) noexcept;
  void note(const Lookup& lookup) noexcept;
  [[nodiscard]] Next take(const Lookup& lookup) noexcept;
  [[nodiscard]] Next answer_node(const Lookup& lookup) noexcept;
  [[nodiscard]] Next follow_cname(const Lookup& lookup, const zone::Rrset& cname) noexcept;
  [[nodiscard]] Next follow_dname(const Lookup& lookup) noexcept;
  [[nodiscard]] bool is_first_pass(const zone::Rrset& dname) noexcept;
  [[nodiscard]] Next follow(Bytes target, std::size_t position, std::size_t own_size) noexcept;
  void answer_any(const Lookup& lookup) noexcept;
  void write_answer(const Lookup& lookup, const zone::Rrset& rrset) noexcept;
  [[nodiscard]] std::size_t place_of_names(const zone::Rrset& rrset, std::size_t at) const noexcept;
  [[nodiscard]] std::size_t position_of(const zone::Target& target, std::size_t names_at) const noexcept;
  void add_addresses(const zone::Zone& zone, const zone::Rrset& rrset, std::size_t names_at) noexcept;
  [[nodiscard]] bool write_host(const zone::Zone& zone, zone::NodeIndex node, dns::Type type,
                                std::size_t position) noexcept;
  void refer(const Lookup& lookup) noexcept;
  void write_glue(const Lookup& lookup, const zone::Rrset& ns, std::size_t names_at) noexcept;
  void deny(Rcode rcode, const zone::Zone& zone) noexcept;
  void steer(const Lookup& lookup, const steering::Service& service) noexcept;
  [[nodiscard]] bool is_beside_alias(const Lookup& lookup) const noexcept;
  [[nodiscard]] Next steer_to_name(const Lookup& lookup, const steering::Service& service) noexcept;
  void answer_without_name(const Lookup& lookup, const steering::Service& service, steering::Outcome outcome) noexcept;
  [[nodiscard]] bool has_steered_hints(const zone::Rrset& rrset) const noexcept;
  void steer_hints(const Lookup& lookup, const zone::Rrset& rrset, const steering::Service& service) noexcept;
  [[nodiscard]] HintAddresses hint_addresses(const Lookup& lookup, const steering::Service& service, Family family,
                                             const steering::Pick& pick) const noexcept;
  [[nodiscard]] steering::Pick decide(const steering::Service& service, Family family) noexcept;
  void note(const SteeredStep& step) noexcept;
  void limit_ttls(std::size_t from, const steering::Service& service) noexcept;
  [[nodiscard]] dns::StoredRrset substitute(const Lookup& lookup, const steering::Service& service, Family family,
                                            steering::Outcome outcome) const noexcept;
  void write_substitute(const Lookup& lookup, const dns::StoredRrset& addresses) noexcept;
  void refuse() noexcept;
  void write_pick(const steering::Service& service, Family family, const steering::Pick& pick) noexcept;
  // Under the current name, or the ancestor of it that has the owner of `node`.
  void write_or_truncate(Section section, const zone::Zone& zone, zone::NodeIndex node, const zone::Rrset& rrset,
                         std::size_t owner_size) noexcept;

  [[nodiscard]] const dns::LookupName& name() const noexcept { return name_.name(); }

  const Snapshot& snapshot_;
  const Client& client_;
  const dns::Query& query_;
  dns::ResponseWriter& writer_;
  Random& random_;
  Decision* trace_;

  dns::PlacedName name_;                       // of this step
  std::array<std::uint64_t, kChainMax> seen_;  // hashes of the names that led on
  int chain_length_ = 0;
  std::array<const zone::Rrset*, kChainMax> dnames_;  // that led on
  std::size_t dname_count_ = 0;
  Summary summary_;
  std::uint8_t scope_bits_ = 0;
  std::uint16_t ttl_limit_s_ = health::Shown::kNoLimit;  // of this step, by the instances that it asked about
  zone::Overlay overlay_ = zone::kNoOverlay;             // of this step, if it has one
};

// No zone that is loaded has the name. Inlined, for a flood of such queries is not rare.
[[gnu::always_inline]] inline void Answer::fail(const Lookup& lookup) noexcept {
  if (lookup.kind == Lookup::Kind::not_ours) {
    writer_.set_rcode(Rcode::refused);
    writer_.set_extended_error(dns::ExtendedError::not_authoritative);
    return;
  }
  if (trace_ != nullptr) note(lookup);
  writer_.set_rcode(Rcode::serv_fail);
  writer_.set_extended_error(dns::ExtendedError::not_ready);
}

void Answer::resolve() noexcept {
  Lookup lookup = snapshot_.zones.find(name(), query_.type);
  summary_.zone = lookup.zone_number;
  if (trace_ != nullptr) [[unlikely]]
    trace_->zone = lookup.zone;
  if (lookup.zone == nullptr) return fail(lookup);
  // AA speaks for the first owner name of the answer (RFC 1035 §4.1.1): a referral after a CNAME keeps it.
  if (lookup.kind != Lookup::Kind::delegation) writer_.set_authoritative();
  while (true) {
    if (trace_ != nullptr) [[unlikely]]
      note(lookup);
    const Next next = take(lookup);
    if (next == Next::done) return;
    lookup = next == Next::follow ? snapshot_.zones.find_in(*lookup.zone, name(), query_.type)
                                  : snapshot_.zones.find(name(), query_.type);
    // The chain has left the zone, or all that are here: the resolver asks on (as NSD and Knot leave it).
    if (lookup.zone == nullptr) return;
  }
}

// For `explain` and the query log. Out of the way of the others, as is its namesake.
[[gnu::cold]] void Answer::note(const Lookup& lookup) noexcept {
  if (!trace_->has_steps) return;
  trace_->steps.push_back({*dns::Name::from_wire(name().suffix(0)), lookup.kind});
}

Answer::Next Answer::take(const Lookup& lookup) noexcept {
  if (lookup.kind == Lookup::Kind::found || lookup.kind == Lookup::Kind::wildcard) [[likely]]
    return answer_node(lookup);
  switch (lookup.kind) {
    case Lookup::Kind::dname:
      return follow_dname(lookup);
    case Lookup::Kind::delegation:
      refer(lookup);
      return Next::done;
    case Lookup::Kind::nx_domain:
      deny(Rcode::nx_domain, *lookup.zone);
      return Next::done;
    case Lookup::Kind::found:
    case Lookup::Kind::wildcard:
    case Lookup::Kind::not_ours:
    case Lookup::Kind::not_loaded:
      break;
  }
  assert(false);  // it has been sorted out
  return Next::done;
}

Answer::Next Answer::answer_node(const Lookup& lookup) noexcept {
  const zone::Zone& zone = *lookup.zone;
  const zone::Overlay overlay = zone.overlay(lookup.node);
  if (overlay != zone::kNoOverlay) {
    ttl_limit_s_ = health::Shown::kNoLimit;
    overlay_ = overlay;
    const steering::Service& service = snapshot_.services[overlay];
    if (service.has_names() && !is_beside_alias(lookup)) return steer_to_name(lookup, service);
    if (is_address_type(query_.type)) {
      steer(lookup, service);
      return Next::done;
    }
  }
  if (query_.type == dns::type::kAny) {
    answer_any(lookup);
    return Next::done;
  }
  if (const zone::Rrset* rrset = zone.find(lookup.node, query_.type)) {
    if (overlay != zone::kNoOverlay && has_steered_hints(*rrset)) {
      steer_hints(lookup, *rrset, snapshot_.services[overlay]);
    } else {
      write_answer(lookup, *rrset);
    }
    return Next::done;
  }
  if (const zone::Rrset* cname = zone.find(lookup.node, dns::type::kCname)) return follow_cname(lookup, *cname);
  deny(Rcode::no_error, zone);
  return Next::done;
}

// RFC 8482 §4.1: one RRset of those there are.
void Answer::answer_any(const Lookup& lookup) noexcept {
  const auto rrsets = lookup.zone->rrsets(lookup.node);
  if (rrsets.empty()) return deny(Rcode::no_error, *lookup.zone);
  write_answer(lookup, rrsets.front());
}

void Answer::write_answer(const Lookup& lookup, const zone::Rrset& rrset) noexcept {
  const bool is_own = lookup.kind == Lookup::Kind::found;  // not under a name that a wildcard stands for
  if (rrset.type == dns::type::kDname && is_own && !is_first_pass(rrset)) return;  // a loop came back to it
  const std::size_t at = writer_.size();
  write_or_truncate(Section::answer, *lookup.zone, lookup.node, rrset, name().size);
  if (rrset.has_names && !writer_.is_truncated()) {
    add_addresses(*lookup.zone, rrset, place_of_names(rrset, at));
  }
}

// Where the names in `rrset`, just written at `at`, are to be looked for. Past the reach of pointers an RRset is
// written without compression, and its names are not where it stores them: nowhere that a pointer reaches, then.
std::size_t Answer::place_of_names(const zone::Rrset& rrset, std::size_t at) const noexcept {
  const bool is_as_stored = writer_.size() - at == rrset.records_size;
  return is_as_stored ? at : kOutOfReach;
}

// Of the host's name; `names_at` is the place of the names in its RRset.
std::size_t Answer::position_of(const zone::Target& target, std::size_t names_at) const noexcept {
  if (target.name_offset == zone::Target::kIsOwner) return name_.position(name().size);
  return names_at == kOutOfReach ? kOutOfReach : writer_.resolve(names_at + target.name_offset);
}

// Adds the addresses of the host at `node` under its name, which stands at `position`; of a host that a wildcard stands
// for the name is known only there. False when they do not fit.
bool Answer::write_host(const zone::Zone& zone, zone::NodeIndex node, dns::Type type, std::size_t position) noexcept {
  const zone::Rrset* addresses = zone.find(node, type);
  if (addresses == nullptr) return true;
  const bool is_wildcard = zone.owner(node).size() > 2 && load_u16(zone.owner(node).data()) == 0x012A;  // \1 *
  if (is_wildcard && position == kOutOfReach) return true;
  return writer_.write_for(Section::additional, zone.stored(node, *addresses), zone.owner(node), position);
}

// RFC 1035 §3.3.9 and the like: the addresses of the hosts that the records name save the resolver a question. As many
// as fit; RFC 2181 §9: that some do not is no reason to truncate.
void Answer::add_addresses(const zone::Zone& zone, const zone::Rrset& rrset, std::size_t names_at) noexcept {
  for (const zone::Target& target : rrset.targets()) {
    const std::size_t position = position_of(target, names_at);
    for (const dns::Type type : {dns::type::kA, dns::type::kAaaa}) {
      if (!write_host(zone, target.node, type, position)) return;
    }
  }
}

Answer::Next Answer::follow_cname(const Lookup& lookup, const zone::Rrset& cname) noexcept {
  const dns::StoredRrset stored = lookup.zone->stored(lookup.node, cname);
  const std::size_t at = writer_.size();
  write_or_truncate(Section::answer, *lookup.zone, lookup.node, cname, name().size);
  if (writer_.is_truncated() || query_.type == dns::type::kCname) return Next::done;
  std::array<std::uint8_t, dns::kNameMax> target;
  const std::size_t size = dns::expand_name(stored, dns::kStoredRecordFixedSize, name().suffix(0), target.data());
  const std::size_t rdata_size = stored.records.size() - dns::kStoredRecordFixedSize;
  const std::size_t own_size = stored.pointers.empty() ? rdata_size : rdata_size - 2;
  return follow(Bytes(target).first(size), at + dns::kStoredRecordFixedSize, own_size);
}

// RFC 6672 §3.2: the DNAME, a CNAME made from it, and on with the CNAME's target.
Answer::Next Answer::follow_dname(const Lookup& lookup) noexcept {
  const zone::Zone& zone = *lookup.zone;
  const zone::Rrset& dname = *zone.find(lookup.node, dns::type::kDname);
  const Bytes target = dname.records().subspan(dns::kStoredRecordFixedSize);
  const std::size_t owner_size = zone.owner(lookup.node).size();
  const std::size_t prefix_size = name().size - owner_size;
  const std::size_t size = prefix_size + target.size();

  if (is_first_pass(dname)) {
    write_or_truncate(Section::answer, zone, lookup.node, dname, owner_size);
    if (writer_.is_truncated()) return Next::done;
  }
  if (size > dns::kNameMax) {
    writer_.set_rcode(Rcode::yx_domain);
    return Next::done;
  }

  std::array<std::uint8_t, dns::kStoredRecordFixedSize + dns::kNameMax> cname;
  store_u16(cname.data(), dns::kOwnerIsQuestion);
  store_u16(cname.data() + 2, dns::type::kCname);
  store_u16(cname.data() + 4, dns::kClassIn);
  store_u32(cname.data() + 6, dname.ttl());
  store_u16(cname.data() + 10, static_cast<std::uint16_t>(size));
  const auto prefix =
      std::ranges::copy(name().suffix(0).first(prefix_size), cname.data() + dns::kStoredRecordFixedSize);
  std::ranges::copy(target, prefix.out);
  const Bytes record = Bytes(cname).first(dns::kStoredRecordFixedSize + size);
  const std::size_t at = writer_.size();
  if (!writer_.write(Section::answer, {record, {}, 1, name().size}, name_, name().size)) {
    writer_.set_truncated();
    return Next::done;
  }
  // The CNAME may be what was asked for.
  if (query_.type == dns::type::kCname) return Next::done;
  return follow(record.subspan(dns::kStoredRecordFixedSize), at + dns::kStoredRecordFixedSize, size);
}

// A chain may come by one DNAME several times; no message has a record twice (RFC 2181 §5).
bool Answer::is_first_pass(const zone::Rrset& dname) noexcept {
  const auto passed = std::span(dnames_).first(dname_count_);
  if (std::ranges::find(passed, &dname) != passed.end()) return false;
  dnames_[dname_count_++] = &dname;  // one a step of the chain at most
  return true;
}

// Goes on with the name `target`, whose first `own_size` octets stand at `position`.
Answer::Next Answer::follow(Bytes target, std::size_t position, std::size_t own_size) noexcept {
  seen_[static_cast<std::size_t>(chain_length_++)] = name().hash(0);
  name_.follow(target, position, own_size, snapshot_.zones.hash_key());
  const auto seen = std::span(seen_).first(static_cast<std::size_t>(chain_length_));
  if (chain_length_ == kChainMax || std::ranges::find(seen, name().hash(0)) != seen.end()) return Next::done;
  return Next::follow;
}

// RFC 1034 §4.3.2 step 3b: the delegation, not authoritative, with the addresses of its servers.
void Answer::refer(const Lookup& lookup) noexcept {
  const zone::Zone& zone = *lookup.zone;
  const zone::Rrset& ns = *zone.find(lookup.node, dns::type::kNs);
  const std::size_t ns_at = writer_.size();
  write_or_truncate(Section::authority, zone, lookup.node, ns, zone.owner(lookup.node).size());
  if (!writer_.is_truncated()) write_glue(lookup, ns, place_of_names(ns, ns_at));
}

// RFC 9471 §3.1: in-domain glue that does not fit truncates, for without it the delegation cannot be followed. §3.2:
// that of siblings may be missing.
void Answer::write_glue(const Lookup& lookup, const zone::Rrset& ns, std::size_t names_at) noexcept {
  const zone::Zone& zone = *lookup.zone;
  for (const zone::Target& target : ns.targets()) {
    const bool is_in_domain = zone.node(target.node).taken_by == lookup.node;
    const std::size_t position = position_of(target, names_at);
    for (const dns::Type type : {dns::type::kA, dns::type::kAaaa}) {
      if (!write_host(zone, target.node, type, position) && is_in_domain) return writer_.set_truncated();
    }
  }
}

// RFC 2308 §2: no such name, or no such data, with the SOA. Its owner is the apex, an ancestor of the current name.
void Answer::deny(Rcode rcode, const zone::Zone& zone) noexcept {
  writer_.set_rcode(rcode);
  write_or_truncate(Section::authority, zone, zone::kApex, zone.negative_soa(), zone.owner(zone::kApex).size());
}

void Answer::steer(const Lookup& lookup, const steering::Service& service) noexcept {
  const Family family = asked_family(query_.type, service);
  const std::size_t from = writer_.size();
  const steering::Pick pick = decide(service, family);
  switch (pick.outcome) {
    case steering::Outcome::healthy:
    case steering::Outcome::all_down:
      write_pick(service, family, pick);
      break;
    case steering::Outcome::fallback:
    case steering::Outcome::last_resort:
    case steering::Outcome::nodata:
    case steering::Outcome::no_instances:
    case steering::Outcome::kept_out:
      write_substitute(lookup, substitute(lookup, service, family, pick.outcome));
      break;
    case steering::Outcome::refused:
      return refuse();
  }
  limit_ttls(from, service);
}

// Of what was written since `from`: nobody should keep an answer for longer than its states are likely to last.
void Answer::limit_ttls(std::size_t from, const steering::Service& service) noexcept {
  const auto& settings = service.settings();
  if (ttl_limit_s_ == health::Shown::kNoLimit) return;
  writer_.limit_ttls(from, std::max<std::uint32_t>(ttl_limit_s_, settings.ttl_min_s));
}

// Whether the zone has what is asked for where a CNAME may have it beside it: DNSSEC's own records, nothing else.
bool Answer::is_beside_alias(const Lookup& lookup) const noexcept {
  return !is_address_type(query_.type) && lookup.zone->find(lookup.node, query_.type) != nullptr;
}

// A CNAME, whatever is asked for. Unlike a zone's own it leads on into every zone here: who configured the service
// knows them all.
Answer::Next Answer::steer_to_name(const Lookup& lookup, const steering::Service& service) noexcept {
  const steering::Pick pick = decide(service, steering::Service::kFamilyOfNames);
  const std::size_t at = writer_.size();
  if (pick.count == 0) {
    answer_without_name(lookup, service, pick.outcome);
    limit_ttls(at, service);
    return Next::done;
  }
  const dns::StoredRrset cname = service.alias(pick.region, pick.instances[0]);
  if (!writer_.write(Section::answer, cname, name_, name().size)) {
    writer_.set_truncated();
    return Next::done;
  }
  limit_ttls(at, service);
  if (query_.type == dns::type::kCname || query_.type == dns::type::kAny) return Next::done;
  const Bytes target = cname.records.subspan(dns::kStoredRecordFixedSize);
  const Next next = follow(target, at + dns::kStoredRecordFixedSize, target.size());
  return next == Next::done ? Next::done : Next::follow_anywhere;
}

// The name is no alias then: it has the addresses of `when_all_down`, if any.
void Answer::answer_without_name(const Lookup& lookup, const steering::Service& service,
                                 steering::Outcome outcome) noexcept {
  if (outcome == steering::Outcome::refused) return refuse();
  if (query_.type == dns::type::kAny && outcome == steering::Outcome::fallback) return answer_any(lookup);
  if (query_.type != dns::type::kA && query_.type != dns::type::kAaaa) return deny(Rcode::no_error, *lookup.zone);
  write_substitute(lookup, substitute(lookup, service, asked_family(query_.type, service), outcome));
}

bool Answer::has_steered_hints(const zone::Rrset& rrset) const noexcept {
  return is_service_binding(rrset.type) && has_own_hints(rrset.records(), name().suffix(0));
}

// Not inlined: the 64 KiB are for those who need them.
[[gnu::noinline]] void Answer::steer_hints(const Lookup& lookup, const zone::Rrset& rrset,
                                           const steering::Service& service) noexcept {
  const steering::Pick v4 = decide(service, Family::v4);
  if (v4.outcome == steering::Outcome::refused) return refuse();
  const steering::Pick v6 = decide(service, Family::v6);
  const Hints hints{hint_addresses(lookup, service, Family::v4, v4), hint_addresses(lookup, service, Family::v6, v6)};

  std::array<std::uint8_t, dns::kMessageMax> buffer;
  const std::size_t size = write_hints(rrset.records(), name().suffix(0), hints, service.settings().ttl_s, buffer);
  const dns::StoredRrset steered{Bytes(buffer).first(size), {}, rrset.count};
  const std::size_t at = writer_.size();
  if (size == 0 || !writer_.write(Section::answer, steered, name_, name().size)) return writer_.set_truncated();
  limit_ttls(at, service);
  // The names in the records are not where the zone has them.
  if (rrset.has_names) add_addresses(*lookup.zone, rrset, kOutOfReach);
}

// What A or AAAA would be answered with.
HintAddresses Answer::hint_addresses(const Lookup& lookup, const steering::Service& service, Family family,
                                     const steering::Pick& pick) const noexcept {
  const std::size_t record_size = steering::Service::record_size(family);
  if (pick.count == 0) return {substitute(lookup, service, family, pick.outcome).records, record_size};
  return {service.records(family, pick.region), record_size, std::span(pick.instances).first(pick.count)};
}

// What the service has for this client. The response says for whom that holds, and what is wrong with it.
steering::Pick Answer::decide(const steering::Service& service, Family family) noexcept {
  const bool has_subnet = query_.edns && query_.edns->client_subnet;
  const bool is_from_subnet = has_subnet && !query_.edns->client_subnet->is_withheld();
  const IpAddress address = is_from_subnet ? query_.edns->client_subnet->address : client_.address;

  const steering::Ranked ranked = service.ranking_map().find(address, client_.address);
  std::uint16_t ttl_limit_s = ttl_limit_s_;
  const auto share_of = [&board = *snapshot_.board, &ttl_limit_s](steering::TargetIndex target) {
    const health::Shown shown = board.read(target);
    ttl_limit_s = std::min(ttl_limit_s, shown.ttl_s);
    return shown.share;
  };
  const steering::Pick pick = service.pick(family, ranked, address, share_of, random_);
  ttl_limit_s_ = ttl_limit_s;
  summary_.service = overlay_;
  summary_.set_outcome(pick.outcome, pick.region);
  // That a service has no instance of a family is so for everybody who is not kept out.
  const bool is_for_all = pick.outcome == steering::Outcome::no_instances && !service.keeps_some_out();
  const std::uint8_t scope_bits = is_for_all ? std::uint8_t{0} : service.scope_bits(ranked, address, pick.is_by_share);
  // RFC 7871 §7.2.1: a scope speaks of the subnet's bits; to a withheld or missing subnet it is 0.
  if (is_from_subnet) scope_bits_ = std::max(scope_bits_, scope_bits);
  if (trace_ != nullptr) [[unlikely]]
    note({&service, family, address, is_from_subnet, ranked, pick, scope_bits, service.settings().ttl_s});
  if (const auto error = error_of(pick.outcome)) writer_.set_extended_error(*error);
  return pick;
}

[[gnu::cold]] void Answer::note(const SteeredStep& step) noexcept {
  trace_->steered.push_back(step);
  const auto& settings = step.service->settings();
  if (ttl_limit_s_ == health::Shown::kNoLimit) return;
  trace_->steered.back().ttl_s = std::clamp<std::uint32_t>(ttl_limit_s_, settings.ttl_min_s, settings.ttl_s);
}

void Answer::refuse() noexcept {
  writer_.withdraw_authority();
  writer_.set_rcode(Rcode::refused);
}

// What the outcome has in place of instances; it may be nothing.
dns::StoredRrset Answer::substitute(const Lookup& lookup, const steering::Service& service, Family family,
                                    steering::Outcome outcome) const noexcept {
  if (outcome == steering::Outcome::last_resort) return service.last_resort(family);
  if (outcome != steering::Outcome::fallback) return {};
  const zone::Rrset* own = lookup.zone->find(lookup.node, family == Family::v4 ? dns::type::kA : dns::type::kAaaa);
  return own == nullptr ? dns::StoredRrset{} : lookup.zone->stored(lookup.node, *own);
}

void Answer::write_substitute(const Lookup& lookup, const dns::StoredRrset& addresses) noexcept {
  if (addresses.count == 0) return deny(Rcode::no_error, *lookup.zone);
  if (!writer_.write(Section::answer, addresses, name_, name().size)) writer_.set_truncated();
}

void Answer::write_pick(const steering::Service& service, Family family, const steering::Pick& pick) noexcept {
  const auto chosen = std::span(pick.instances).first(pick.count);
  if (!writer_.write_chosen(Section::answer, service.records(family, pick.region),
                            steering::Service::record_size(family), chosen, name_)) {
    writer_.set_truncated();
  }
}

// RFC 2181 §9: what has to be there and does not fit truncates; an RRset is whole or missing.
void Answer::write_or_truncate(Section section, const zone::Zone& zone, zone::NodeIndex node, const zone::Rrset& rrset,
                               std::size_t owner_size) noexcept {
  if (!writer_.write(section, zone.stored(node, rrset), name_, owner_size)) writer_.set_truncated();
}

dns::Type asked_type(const dns::Query& query) noexcept {
  return query.question_size > 0 ? query.type : dns::Type{0};
}

// Whether the zones have the answer.
bool is_for_zones(const dns::Query& query) noexcept {
  return query.verdict == dns::Verdict::answer && query.query_class == dns::kClassIn &&
         query.type != dns::type::kAxfr && query.type != dns::type::kIxfr;
}

// What is said to all else, without a look at the name.
struct Dismissal {
  Rcode rcode;
  std::optional<dns::ExtendedError> error = std::nullopt;
};

// RFC 2136 §3.1, RFC 5936 §2.2.1: NOTAUTH for what is no zone of ours, REFUSED for what is one.
Dismissal not_offered(const Snapshot& snapshot, const dns::Query& query) noexcept {
  return {snapshot.zones.has_apex(query.name) ? Rcode::refused : Rcode::not_auth, dns::ExtendedError::not_supported};
}

Dismissal dismissal(const Snapshot& snapshot, const Client& client, const dns::Query& query) noexcept {
  switch (query.verdict) {
    case dns::Verdict::answer:
      break;
    case dns::Verdict::not_imp:
      return {Rcode::not_imp};
    case dns::Verdict::bad_vers:
      return {Rcode::bad_vers};
    case dns::Verdict::bad_key:
      return {Rcode::not_auth};
    case dns::Verdict::cookie_only:
      return {Rcode::no_error};
    case dns::Verdict::not_offered:
      return not_offered(snapshot, query);
    case dns::Verdict::drop:
    case dns::Verdict::form_err:
      return {Rcode::form_err};
  }
  if (query.query_class != dns::kClassIn) return {Rcode::refused};
  // RFC 5936 §4.2: there is no AXFR over UDP; NSD and Knot say NOTIMP. Over TCP, and to IXFR: as for NOTIFY.
  if (query.type == dns::type::kAxfr && client.transport == Transport::udp) return {Rcode::not_imp};
  return not_offered(snapshot, query);
}

}  // namespace

std::size_t answer(const Snapshot& snapshot, const Client& client, Bytes query_bytes, MutableBytes response,
                   Random& random, Summary& summary, Decision* trace) noexcept {
  const dns::Query query = dns::parse_query(query_bytes, snapshot.zones.hash_key());
  if (query.verdict == dns::Verdict::drop) {
    summary = {.marks = {.fate = Fate::malformed}};
    return 0;
  }

  const Settings& settings = snapshot.settings;
  const Limit limit =
      client.limit == Limit::none || has_valid_cookie(settings, client, query) ? Limit::none : client.limit;
  if (limit == Limit::drop) {
    summary = {.marks = {.fate = Fate::limited}};
    return 0;
  }
  const bool has_opt = query.edns && query.verdict != dns::Verdict::bad_key;
  const dns::OptRecord opt = has_opt ? opt_record(settings, client, *query.edns) : dns::OptRecord{};
  dns::ResponseWriter writer(response, size_limit(settings, client, query), query_bytes, query,
                             has_opt ? &opt : nullptr);
  if (query.verdict == dns::Verdict::bad_key) writer.refuse_key(query_bytes, query.tsig);

  std::uint8_t scope_bits = 0;
  if (limit == Limit::truncate) {
    summary = {.type = asked_type(query), .marks = {.fate = Fate::slipped}};
    writer.set_truncated();
  } else if (is_for_zones(query)) {
    Answer answer(snapshot, client, query, writer, random, trace);
    answer.resolve();
    summary = answer.summary();
    scope_bits = answer.scope_bits();
  } else if (query.verdict == dns::Verdict::answer && query.query_class == dns::kClassCh) {
    summary = {.type = query.type};
    answer_chaos(settings, query, writer);
  } else {
    summary = {.type = asked_type(query)};
    const Dismissal said = dismissal(snapshot, client, query);
    writer.set_rcode(said.rcode);
    if (said.error) writer.set_extended_error(*said.error);
  }
  if (trace != nullptr) [[unlikely]] {
    trace->rcode = writer.rcode();
    trace->is_truncated = writer.is_truncated();
  }
  summary.rcode = writer.rcode();
  summary.marks.is_truncated = writer.is_truncated();
  if (opt.client_subnet != nullptr) {
    summary.marks.subnet = opt.client_subnet->address.family == Family::v4 ? Subnet::v4 : Subnet::v6;
    summary.scope_bits = scope_bits;
  }
  return writer.finish(scope_bits);
}

}  // namespace rhumb::answer
