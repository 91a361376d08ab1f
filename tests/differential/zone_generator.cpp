#include "zone_generator.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace rhumb::differential {
namespace {

constexpr std::string_view kOutside = "ns.outside.example.";  // in no zone, except the root

bool one_in(Random& random, std::uint32_t times) {
  return random.below(times) == 0;
}

template <typename List>
const auto& any_of(Random& random, const List& list) {
  return list[random.below(static_cast<std::uint32_t>(std::size(list)))];
}

bool is_wildcard(std::string_view name) {
  return name == "*" || name.starts_with("*.");
}

std::string name_below(Random& random, const std::string& ancestor, std::uint32_t labels_max,
                       const std::vector<std::string>& labels) {
  std::string name = ancestor;
  for (std::uint32_t count = 1 + random.below(labels_max); count > 0; --count)
    name = name == "@" ? any_of(random, labels) : any_of(random, labels) + "." + name;
  return name;
}

std::vector<std::string> usual_labels() {
  return {kLabels.begin(), kLabels.end()};
}

// What other zones have. NSD refuses a DNAME above names of any zone, be it one that is delegated.
struct Elsewhere {
  std::vector<std::string> owners;
  std::vector<std::string> dnames;
  // Knot has its own mind about NS and DNAME at a wildcard, NSD about names in other zones. Where both meet, nobody is
  // left to compare with.
  bool is_nothing = false;

  void add(const Zone& zone) {
    for (const Record& record : zone.records) {
      owners.push_back(record.owner);
      if (record.type == "DNAME") dnames.push_back(record.owner);
    }
  }
};

bool is_below(std::string_view name, std::string_view ancestor) {
  return name != ancestor && is_at_or_below(name, ancestor);
}

// One zone in the making.
class Generator {
 public:
  // `labels` are what names are made of; `apex` and the names are relative to the family's origin.
  Generator(Random& random, std::string apex, std::vector<std::string> labels, const Elsewhere& elsewhere)
      : random_(random), apex_(std::move(apex)), labels_(std::move(labels)), elsewhere_(elsewhere) {}

  [[nodiscard]] Zone generate(const std::vector<std::string>& delegated);

 private:
  void add_apex();
  void add_delegation(const std::string& owner);
  void add_something();
  void add_addresses(const std::string& owner);
  void add_big_text(const std::string& owner);
  bool add(const std::string& owner, const std::string& type, const std::string& data);
  [[nodiscard]] bool is_acceptable(const Record& record) const;
  [[nodiscard]] std::uint32_t ttl_of(const std::string& owner, const std::string& type);
  [[nodiscard]] std::string name_below(const std::string& ancestor, std::uint32_t labels_max);
  [[nodiscard]] std::string any_owner();
  [[nodiscard]] std::string any_target();
  [[nodiscard]] std::string host_for(const std::string& owner);

  Random& random_;
  std::string apex_;
  std::vector<std::string> labels_;
  const Elsewhere& elsewhere_;
  Zone zone_;
};

Zone Generator::generate(const std::vector<std::string>& delegated) {
  zone_.apex = apex_;
  add_apex();
  for (const std::string& child : delegated) {
    // Now and then a zone that its parent does not know of.
    if (!one_in(random_, 6)) add_delegation(child);
  }
  for (std::uint32_t count = 1 + random_.below(14); count > 0; --count)
    add_something();
  return std::move(zone_);
}

void Generator::add_apex() {
  // A TTL above and below the MINIMUM field: negative answers carry the smaller one (RFC 2308 §5).
  add(apex_, "SOA", fmt::format("{} h.example. 1 7200 900 86400 {}", kOutside, any_of(random_, std::array{60, 600})));
  const std::string host = host_for(apex_);
  add(apex_, "NS", host);
  if (one_in(random_, 2)) add_addresses(host);
}

void Generator::add_delegation(const std::string& owner) {
  for (std::uint32_t count = 1 + random_.below(2); count > 0; --count) {
    const std::string host = host_for(owner);
    if (add(owner, "NS", host) && !one_in(random_, 4)) add_addresses(host);
  }
  if (one_in(random_, 3)) add(owner, "DS", fmt::format("{} 8 2 {:064X}", random_.below(65'536), random_.next()));
}

void Generator::add_something() {
  const std::string owner = any_owner();
  switch (random_.below(16)) {
    case 0:
    case 1:
      return add_addresses(owner);
    case 2:
      static_cast<void>(add(owner, "TXT", fmt::format("\"{}\"", random_.below(3))));
      return;
    case 3:
      if (one_in(random_, 4)) return add_big_text(owner);
      static_cast<void>(add(owner, "MX", fmt::format("{} {}", random_.below(3), any_target())));
      return;
    case 4:
      static_cast<void>(add(owner, "SRV", fmt::format("{} 0 53 {}", random_.below(3), any_target())));
      return;
    case 5:
    case 6:
    case 7:
      return add_delegation(owner);
    case 8:
      // Without a delegation: data like any other.
      static_cast<void>(add(owner, "DS", fmt::format("{} 8 2 {:064X}", random_.below(65'536), random_.next())));
      return;
    case 9:
    case 10:
    case 11:
    case 12:
      static_cast<void>(add(owner, "CNAME", any_target()));
      return;
    case 13:
    case 14:
      static_cast<void>(add(owner, "DNAME", any_target()));
      return;
    default:
      // Below the wildcard, or the wildcard itself.
      static_cast<void>(add(one_in(random_, 2) && owner != apex_ ? "*." + owner : owner, "A", "192.0.2.200"));
      return;
  }
}

void Generator::add_addresses(const std::string& owner) {
  if (owner.ends_with('.')) return;
  for (std::uint32_t count = 1 + random_.below(2); count > 0; --count)
    add(owner, "A", fmt::format("192.0.2.{}", random_.below(100)));
  if (one_in(random_, 2)) add(owner, "AAAA", fmt::format("2001:db8::{:x}", random_.below(100)));
}

// More than a client without EDNS takes.
void Generator::add_big_text(const std::string& owner) {
  for (int i = 0; i < 3; ++i)
    add(owner, "TXT", fmt::format("\"{:0>200}\"", i));
}

bool Generator::add(const std::string& owner, const std::string& type, const std::string& data) {
  const Record record{owner, ttl_of(owner, type), type, data};
  if (!is_acceptable(record)) return false;
  zone_.records.push_back(record);
  return true;
}

// The rules that all three servers enforce when they load a zone, together with what only one of them does.
bool Generator::is_acceptable(const Record& record) const {
  if (!is_at_or_below(record.owner, apex_)) return false;
  if (is_wildcard(record.owner) && (record.type == "NS" || record.type == "DNAME") && !elsewhere_.is_nothing &&
      record.owner != apex_) {
    return false;
  }
  if (record.owner == apex_ && (record.type == "CNAME" || record.type == "DS")) return false;
  for (const Record& other : zone_.records) {
    if (other == record) return false;
    if (other.owner == record.owner) {
      const bool is_alias = record.type == "CNAME" || other.type == "CNAME";
      const bool is_second_dname = record.type == "DNAME" && other.type == "DNAME";
      if (is_alias || is_second_dname) return false;  // RFC 1034 §3.6.2, RFC 6672 §2.4
      const bool is_dname_at_cut =
          (record.type == "DNAME" && other.type == "NS") || (record.type == "NS" && other.type == "DNAME");
      if (is_dname_at_cut && record.owner != apex_) return false;  // RFC 6672 §2.3
    } else if ((other.type == "DNAME" && is_below(record.owner, other.owner)) ||
               (record.type == "DNAME" && is_below(other.owner, record.owner))) {
      return false;  // RFC 6672 §2.4: nothing lives below a DNAME
    }
  }
  const auto is_above = [&](const std::string& dname) { return is_below(record.owner, dname); };
  const auto is_hidden = [&](const std::string& owner) { return is_below(owner, record.owner); };
  return std::ranges::none_of(elsewhere_.dnames, is_above) &&
         (record.type != "DNAME" || std::ranges::none_of(elsewhere_.owners, is_hidden));
}

// One TTL an RRset (RFC 2181 §5.2).
std::uint32_t Generator::ttl_of(const std::string& owner, const std::string& type) {
  for (const Record& record : zone_.records) {
    if (record.owner == owner && record.type == type) return record.ttl;
  }
  return any_of(random_, std::array<std::uint32_t, 3>{0, 300, 3'600});
}

std::string Generator::name_below(const std::string& ancestor, std::uint32_t labels_max) {
  return differential::name_below(random_, ancestor, labels_max, labels_);
}

// Half of them where something is already, so that things meet.
std::string Generator::any_owner() {
  if (one_in(random_, 12)) return apex_;
  if (one_in(random_, 2)) {
    const std::string& other = any_of(random_, zone_.records).owner;
    if (other != apex_) return one_in(random_, 2) ? other : name_below(other, 1);
  }
  return name_below(apex_, 3);
}

// Of aliases, mail and services: in the zone, in another of the family, or outside.
std::string Generator::any_target() {
  if (one_in(random_, 12)) return std::string(kOutside);
  // With this and the first labels of a question a name is too long (RFC 6672 §2.2).
  if (one_in(random_, 24)) return fmt::format("{0:x<63}.{0:x<63}.{0:x<63}.{0:x<50}.example.", "");
  if (one_in(random_, 8)) return "@";
  if (one_in(random_, 3)) return any_of(random_, zone_.records).owner;
  return name_below(one_in(random_, 4) ? "@" : apex_, 3);
}

// A name server: below what it serves, beside it, or elsewhere.
std::string Generator::host_for(const std::string& owner) {
  switch (random_.below(6)) {
    case 0:
      return std::string(kOutside);
    case 1:
    case 2:
      return name_below(apex_, 2);
    case 3:
      return owner;
    default:
      return name_below(owner, 2);
  }
}

}  // namespace

Family generate_family(Random& random, std::string origin, bool has_root) {
  std::vector<std::string> apexes{"@"};
  while (apexes.size() < 3 && one_in(random, 2)) {
    const std::string apex = name_below(random, apexes.back(), 2, usual_labels());
    // A zone below a wildcard's name is possible, and rare enough.
    if (is_wildcard(apex) && !one_in(random, 4)) break;
    apexes.push_back(apex);
  }
  Family family{std::move(origin), {}};
  Elsewhere elsewhere{apexes, {}, !has_root && apexes.size() == 1};
  for (std::size_t i = 0; i < apexes.size(); ++i) {
    Generator generator(random, apexes[i], usual_labels(), elsewhere);
    std::vector<std::string> delegated;
    if (i + 1 < apexes.size()) delegated.push_back(apexes[i + 1]);
    family.zones.push_back(generator.generate(delegated));
    elsewhere.add(family.zones.back());
  }
  return family;
}

Family generate_root(Random& random, const std::vector<Family>& families) {
  std::vector<std::string> labels = usual_labels();
  labels.emplace_back("test");
  std::vector<std::string> delegated;
  Elsewhere elsewhere;
  for (const Family& family : families) {
    const auto name_under_root = [&](std::string_view name) {
      std::string text = absolute(name, family.origin);
      text.pop_back();
      return text;
    };
    for (Zone zone : family.zones) {
      for (Record& record : zone.records)
        record.owner = name_under_root(record.owner);
      elsewhere.add(zone);
    }
    if (one_in(random, 3)) delegated.push_back(name_under_root("@"));
  }
  Generator generator(random, "@", labels, elsewhere);
  return {".", {generator.generate(delegated)}};
}

}  // namespace rhumb::differential
