#include "zone/checks.hpp"

#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace rhumb::zone {
namespace {

// Types whose rdata ends with the name of a host, and what that is called.
struct HostField {
  std::size_t offset;
  std::string_view role;
  std::string_view rule;  // that it must not be an alias
};

std::optional<HostField> host_field(dns::Type type) noexcept {
  constexpr dns::Type kMx = 15, kSrv = 33;
  if (type == dns::type::kNs) return HostField{0, "name server", "RFC 2181 §10.3"};
  if (type == kMx) return HostField{2, "mail exchanger", "RFC 2181 §10.3"};
  if (type == kSrv) return HostField{6, "SRV target", "RFC 2782"};
  return std::nullopt;
}

// RFC 4034 §3 and §4: these stand beside a CNAME.
bool is_of_dnssec(dns::Type type) noexcept {
  return type == dns::type::kRrsig || type == dns::type::kNsec;
}

// Pure reads of one draft; the problems are the only thing written.
class Checker {
 public:
  Checker(const Draft& draft, std::span<const OverlayName> overlays, Problems& problems)
      : draft_(draft), problems_(problems) {
    for (const OverlayName& overlay : overlays) {
      if (overlay.is_alias) aliases_.insert(draft_.find_node(overlay.name.wire()));
    }
  }

  void check_apex();
  void check_group(const Group& group);
  void check_node(NodeIndex node);
  void check_overlay(const OverlayName& overlay);

 private:
  void check_overlaid_alias(const OverlayName& overlay, NodeIndex node);
  void check_soa(const Group& soa);
  void check_alias(NodeIndex node, const Group& cname);
  void check_dname(NodeIndex node, const Group& dname);
  void check_wildcard(NodeIndex node);
  void check_below_dname(NodeIndex node);
  void check_only_one(const Group& group);
  void check_hosts(const Group& group, const HostField& field);
  void check_host(const Group& group, const Record& record, const HostField& field);
  void check_address(const Group& group, const Record& record, const HostField& field, const dns::LookupName& host);
  [[nodiscard]] NodeIndex closest_encloser(const dns::LookupName& name) const;

  const Draft& draft_;
  Problems& problems_;
  std::set<NodeIndex> aliases_;  // by an overlay
};

void Checker::check_apex() {
  for (const dns::Type type : {dns::type::kSoa, dns::type::kNs}) {
    if (draft_.find(kApex, type) != nullptr || draft_.may_be_unread(type)) continue;
    problems_.error(draft_.first_file(), fmt::format("{} has no {} record; a zone must have one at its apex",
                                                     draft_.shown(kApex), dns::type_to_text(type)));
  }
}

void Checker::check_group(const Group& group) {
  if (group.records_size > kRecordsMax) {
    problems_.error(
        draft_.place_of(draft_.record(group, 0)),
        fmt::format("the {} records of {} take {} octets; a message has room for {}", dns::type_to_text(group.type),
                    draft_.shown(group.node), group.records_size, kRecordsMax));
  }
  if (group.type == dns::type::kSoa) check_soa(group);
  if (group.type == dns::type::kCname || group.type == dns::type::kDname) check_only_one(group);
  if (const auto field = host_field(group.type)) check_hosts(group, *field);
}

void Checker::check_soa(const Group& soa) {
  if (soa.node != kApex) {
    problems_.error(
        draft_.place_of(draft_.record(soa, 0)),
        fmt::format("{} has a SOA record, but the zone's apex is {}", draft_.shown(soa.node), draft_.shown(kApex)));
  }
  if (soa.count > 1) {
    problems_.error(draft_.place_of(draft_.record(soa, 1)),
                    fmt::format("{} has another SOA record at {}; remove one of them", draft_.shown(soa.node),
                                draft_.place_of(draft_.record(soa, 0))));
  }
}

void Checker::check_only_one(const Group& group) {
  if (group.count == 1) return;
  problems_.error(draft_.place_of(draft_.record(group, 1)),
                  fmt::format("{} has another {} record at {} ({}); remove one of them", draft_.shown(group.node),
                              dns::type_to_text(group.type), draft_.place_of(draft_.record(group, 0)),
                              group.type == dns::type::kCname ? "RFC 2181 §10.1" : "RFC 6672 §2.4"));
}

void Checker::check_node(NodeIndex node) {
  if (const Group* cname = draft_.find(node, dns::type::kCname)) check_alias(node, *cname);
  if (const Group* dname = draft_.find(node, dns::type::kDname)) check_dname(node, *dname);
  const NodeIndex above = draft_.parent(node);
  if (above != kNoNode && draft_.node(above).wildcard == node) check_wildcard(node);
  if (!draft_.groups_of(node).empty()) check_below_dname(node);
}

void Checker::check_alias(NodeIndex node, const Group& cname) {
  for (const Group& group : draft_.groups_of(node)) {
    if (group.type == dns::type::kCname || is_of_dnssec(group.type)) continue;
    const Record& later = Draft::later(draft_.record(cname, 0), draft_.record(group, 0));
    problems_.error(
        draft_.place_of(later),
        fmt::format("{} has a CNAME and other data (RFC 1034 §3.6.2); remove one of them", draft_.shown(node)));
    return;
  }
}

void Checker::check_dname(NodeIndex node, const Group& dname) {
  const Group* ns = draft_.find(node, dns::type::kNs);
  if (node == kApex || ns == nullptr) return;
  problems_.error(
      draft_.place_of(Draft::later(draft_.record(dname, 0), draft_.record(*ns, 0))),
      fmt::format("{} has a DNAME and is delegated (RFC 6672 §2.3); remove one of them", draft_.shown(node)));
}

void Checker::check_wildcard(NodeIndex node) {
  for (const dns::Type type : {dns::type::kNs, dns::type::kDname}) {
    const Group* group = draft_.find(node, type);
    if (group == nullptr) continue;
    problems_.warning(draft_.place_of(draft_.record(*group, 0)),
                      fmt::format("a {} record at the wildcard {} does nothing for the names that the wildcard stands "
                                  "for (RFC 4592 §4.{})",
                                  dns::type_to_text(type), draft_.shown(node), type == dns::type::kNs ? 2 : 4));
  }
}

// Data below a cut is the glue, or what the child's operator left in; but nobody means to have it below a DNAME.
void Checker::check_below_dname(NodeIndex node) {
  const NodeIndex taken_by = draft_.node(node).taken_by;
  if (taken_by == kNoNode || draft_.node(taken_by).is_cut()) return;
  const Group& first = draft_.groups_of(node).front();
  problems_.warning(draft_.place_of(draft_.record(first, 0)),
                    fmt::format("{} is below the DNAME of {}, so this is never answered (RFC 6672 §2.4)",
                                draft_.shown(node), draft_.shown(taken_by)));
}

void Checker::check_hosts(const Group& group, const HostField& field) {
  const NodeIndex taken_by = draft_.node(group.node).taken_by;
  const bool is_cut = taken_by == group.node && group.type == dns::type::kNs;
  if (taken_by != kNoNode && !is_cut) return;  // never sent
  for (std::size_t i = 0; i < group.count; ++i)
    check_host(group, draft_.record(group, i), field);
}

// A host in this zone, of which nobody else can tell the address. "." is none (RFC 7505 §3, RFC 2782).
void Checker::check_host(const Group& group, const Record& record, const HostField& field) {
  dns::LookupName host;
  if (host.parse(draft_.rdata(record).subspan(field.offset), Draft::kHashKey) == 0) return;
  if (host.label_count == 0 || !draft_.is_in_zone(host)) return;
  const NodeIndex node = draft_.find_node(host);
  const bool is_alias = node != kNoNode && (draft_.find(node, dns::type::kCname) != nullptr || aliases_.contains(node));
  if (!is_alias) return check_address(group, record, field, host);
  problems_.warning(draft_.place_of(record), fmt::format("the {} {} is an alias (CNAME); it must have addresses itself "
                                                         "({})",
                                                         field.role, draft_.shown(host.suffix(0)), field.rule));
}

void Checker::check_address(const Group& group, const Record& record, const HostField& field,
                            const dns::LookupName& host) {
  const NodeIndex encloser = closest_encloser(host);
  const Node& at = draft_.node(encloser);
  const bool exists = at.label_count == host.label_count;
  if (exists ? draft_.has_address(encloser) : at.taken_by == kNoNode && at.wildcard != kNoNode) return;
  const bool is_delegated = at.taken_by != kNoNode && draft_.node(at.taken_by).is_cut();
  const bool is_glue = is_delegated && at.taken_by == group.node;
  // In another delegation it is for others to have it; but the zone's own servers nobody finds without it.
  const bool is_own_server = group.node == kApex && group.type == dns::type::kNs;
  if (is_delegated && !is_glue && !is_own_server) return;
  const std::string shown = draft_.shown(host.suffix(0));
  problems_.warning(draft_.place_of(record),
                    is_glue ? fmt::format("the delegation of {} has no glue for its name server {}: add A or AAAA "
                                          "records",
                                          draft_.shown(group.node), shown)
                            : fmt::format("the {} {} has no A or AAAA record", field.role, shown));
}

// The name, which is in the zone, itself or the longest name above it that exists.
NodeIndex Checker::closest_encloser(const dns::LookupName& name) const {
  std::size_t suffix = 0;
  NodeIndex node = draft_.find_node(name);
  while (node == kNoNode)
    node = draft_.find_node(name, ++suffix);
  return node;
}

void Checker::check_overlay(const OverlayName& overlay) {
  const NodeIndex node = draft_.find_node(overlay.name.wire());
  if (const Group* cname = draft_.find(node, dns::type::kCname)) {
    problems_.error(overlay.place, fmt::format("{} has a CNAME at {}; remove it there, or the service here",
                                               overlay.name.to_text(), draft_.place_of(draft_.record(*cname, 0))));
  }
  if (overlay.is_alias) check_overlaid_alias(overlay, node);
  const NodeIndex taken_by = draft_.node(node).taken_by;
  if (taken_by == kNoNode) return;
  const bool is_cut = draft_.node(taken_by).is_cut();
  const Group& by = *draft_.find(taken_by, is_cut ? dns::type::kNs : dns::type::kDname);
  problems_.error(overlay.place, fmt::format("{} is {} of {} at {}, so it is never asked for here",
                                             overlay.name.to_text(), is_cut ? "in the delegation" : "below the DNAME",
                                             draft_.shown(taken_by), draft_.place_of(draft_.record(by, 0))));
}

// RFC 1034 §3.6.2 holds for it as for a CNAME of the zone's own; which it is not, that is reported already.
void Checker::check_overlaid_alias(const OverlayName& overlay, NodeIndex node) {
  if (node == kApex) {
    problems_.error(overlay.place, fmt::format("{} is the apex of its zone, with SOA and NS records, and cannot be an "
                                               "alias (RFC 2181 §10.1): its instances must be addresses",
                                               overlay.name.to_text()));
    return;
  }
  for (const Group& group : draft_.groups_of(node)) {
    if (stands_beside_alias(group.type) || group.type == dns::type::kCname) continue;
    problems_.error(
        overlay.place,
        fmt::format("{} is an alias, as its instances are names, and has a {} record at {} (RFC 1034 "
                    "§3.6.2); remove it there, or make the instances addresses",
                    overlay.name.to_text(), dns::type_to_text(group.type), draft_.place_of(draft_.record(group, 0))));
  }
}

}  // namespace

bool stands_beside_alias(dns::Type type) noexcept {
  return type == dns::type::kA || type == dns::type::kAaaa || is_of_dnssec(type);
}

void check(const Draft& draft, std::span<const OverlayName> overlays, Problems& problems) {
  Checker checker(draft, overlays, problems);
  checker.check_apex();
  for (const Group& group : draft.groups())
    checker.check_group(group);
  for (NodeIndex node = 0; node < draft.node_count(); ++node)
    checker.check_node(node);
  for (const OverlayName& overlay : overlays)
    checker.check_overlay(overlay);
}

}  // namespace rhumb::zone
