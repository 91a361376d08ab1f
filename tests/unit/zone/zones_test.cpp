#include "zone/zones.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/random.hpp"
#include "zone/zone_builder.hpp"

namespace rhumb::zone {
namespace {

using Kind = Lookup::Kind;
constexpr std::uint64_t kKey = 0xfeed;

const char* text_of(Kind kind) {
  switch (kind) {
    case Kind::not_ours:
      return "not ours";
    case Kind::not_loaded:
      return "not loaded";
    case Kind::found:
      return "found";
    case Kind::wildcard:
      return "wildcard";
    case Kind::delegation:
      return "delegation";
    case Kind::dname:
      return "dname";
    case Kind::nx_domain:
      return "nx domain";
  }
  return "?";
}

// An owner name and one type; "OVERLAY" for an overlay.
using Owned = std::pair<std::string, std::string>;

std::vector<std::uint8_t> rdata_of(dns::Type type) {
  switch (type) {
    case dns::type::kNs:
    case dns::type::kCname:
    case dns::type::kDname:
      return {1, 'x', 7, 'i', 'n', 'v', 'a', 'l', 'i', 'd', 0};
    case dns::type::kSoa:
      return std::vector<std::uint8_t>(22);
    default:
      return {192, 0, 2, 1};
  }
}

void add(ZoneBuilder& builder, std::string_view owner, dns::Type type) {
  const std::vector<std::uint8_t> rdata = rdata_of(type);
  builder.add(dns::Name::from_text(owner)->wire(), type, 300, rdata, {0, 1});
}

// Null if the builder refuses the data.
std::shared_ptr<const Zone> build(std::string_view apex, const std::vector<Owned>& data) {
  Problems problems;
  const dns::Name name = *dns::Name::from_text(apex);
  ZoneBuilder builder(name, "test", problems);
  add(builder, apex, dns::type::kSoa);
  add(builder, apex, dns::type::kNs);
  for (const auto& [owner, type] : data) {
    if (type == "OVERLAY") {
      builder.add_overlay({*dns::Name::from_text(owner), 7, "config"});
    } else {
      add(builder, owner, *dns::type_from_text(type));
    }
  }
  return builder.build();
}

Lookup find(const Zones& zones, std::string_view name, dns::Type type = dns::type::kA) {
  dns::LookupName parsed;
  EXPECT_NE(parsed.parse(dns::Name::from_text(name)->wire(), zones.hash_key()), 0U);
  return zones.find(parsed, type);
}

// "found www.example.com in example.com"
std::string shown(const Lookup& lookup) {
  if (lookup.kind == Kind::not_ours) return text_of(lookup.kind);
  if (lookup.kind == Kind::not_loaded) {
    EXPECT_EQ(lookup.zone, nullptr);
    return fmt::format("not loaded {}", lookup.label_count);
  }
  const auto owner = dns::Name::from_wire(lookup.zone->owner(lookup.node));
  EXPECT_EQ(owner->label_count(), lookup.label_count);
  return fmt::format("{} {} in {}", text_of(lookup.kind), owner->to_text(), lookup.zone->apex().to_text());
}

std::string found(const Zones& zones, std::string_view name, dns::Type type = dns::type::kA) {
  return shown(find(zones, name, type));
}

TEST(Zones, FindsANameThatExistsWhateverItsCase) {
  const Zones zones({build("example.com", {{"www.example.com", "A"}})}, kKey);
  EXPECT_EQ(found(zones, "www.example.com"), "found www.example.com in example.com");
  EXPECT_EQ(found(zones, "WWW.Example.COM"), "found www.example.com in example.com");
  EXPECT_EQ(found(zones, "example.com"), "found example.com in example.com");
}

TEST(Zones, AnEmptyNonTerminalExists) {
  const Zones zones({build("example.com", {{"a.b.c.example.com", "A"}})}, kKey);
  EXPECT_EQ(found(zones, "c.example.com"), "found c.example.com in example.com");
  EXPECT_EQ(found(zones, "b.c.example.com"), "found b.c.example.com in example.com");
  const Lookup lookup = find(zones, "b.c.example.com");
  EXPECT_TRUE(lookup.zone->rrsets(lookup.node).empty());
}

TEST(Zones, ANameThatDoesNotExistHasAClosestEncloser) {
  const Zones zones({build("example.com", {{"a.b.example.com", "A"}})}, kKey);
  EXPECT_EQ(found(zones, "x.example.com"), "nx domain example.com in example.com");
  EXPECT_EQ(found(zones, "x.y.b.example.com"), "nx domain b.example.com in example.com");
  EXPECT_EQ(found(zones, "x.a.b.example.com"), "nx domain a.b.example.com in example.com");
  EXPECT_EQ(found(zones, "1.2.3.4.5.6.7.8.9.a.b.example.com"), "nx domain a.b.example.com in example.com");
}

TEST(Zones, NamesOutsideEveryZoneAreNotOurs) {
  const Zones zones({build("example.com", {})}, kKey);
  EXPECT_EQ(found(zones, "example.org"), "not ours");
  EXPECT_EQ(found(zones, "com"), "not ours");
  EXPECT_EQ(found(zones, "."), "not ours");
  EXPECT_EQ(found(zones, "ample.com"), "not ours");
  EXPECT_EQ(found(Zones({}, kKey), "example.com"), "not ours");
}

// RFC 4592 §2.2.1, its own example.
TEST(Zones, WildcardsAreThoseOfTheRfcsExample) {
  const Zones zones({build("example", {{"*.example", "TXT"},
                                       {"sub.*.example", "TXT"},
                                       {"host1.example", "A"},
                                       {"_ssh._tcp.host1.example", "SRV"},
                                       {"_ssh._tcp.host2.example", "SRV"},
                                       {"subdel.example", "NS"}})},
                    kKey);
  EXPECT_EQ(found(zones, "host3.example"), "wildcard *.example in example");
  EXPECT_EQ(found(zones, "foo.bar.example"), "wildcard *.example in example");
  EXPECT_EQ(found(zones, "host1.example"), "found host1.example in example");
  EXPECT_EQ(found(zones, "sub.*.example"), "found sub.*.example in example");
  EXPECT_EQ(found(zones, "_telnet._tcp.host1.example"), "nx domain _tcp.host1.example in example");
  EXPECT_EQ(found(zones, "host.subdel.example"), "delegation subdel.example in example");
  EXPECT_EQ(found(zones, "ghost.*.example"), "nx domain *.example in example");
  EXPECT_EQ(found(zones, "*.example"), "found *.example in example");
}

TEST(Zones, AWildcardWithJustAnOverlayIsAWildcard) {
  const Zones zones({build("example.com", {{"*.cdn.example.com", "OVERLAY"}, {"www.example.com", "OVERLAY"}})}, kKey);
  const Lookup lookup = find(zones, "img.cdn.example.com");
  EXPECT_EQ(shown(lookup), "wildcard *.cdn.example.com in example.com");
  EXPECT_EQ(lookup.zone->overlay(lookup.node), 7U);
  EXPECT_EQ(found(zones, "cdn.example.com"), "found cdn.example.com in example.com");
  EXPECT_EQ(lookup.zone->overlay(find(zones, "cdn.example.com").node), kNoOverlay);
  EXPECT_EQ(lookup.zone->overlay(find(zones, "www.example.com").node), 7U);
}

TEST(Zones, AtAndBelowACutIsADelegation) {
  const Zones zones({build("example.com", {{"lab.example.com", "NS"},
                                           {"ns.lab.example.com", "A"},
                                           {"deep.lab.example.com", "NS"},
                                           {"lab.example.com", "DS"}})},
                    kKey);
  EXPECT_EQ(found(zones, "lab.example.com"), "delegation lab.example.com in example.com");
  EXPECT_EQ(found(zones, "ns.lab.example.com"), "delegation lab.example.com in example.com");
  EXPECT_EQ(found(zones, "x.y.lab.example.com"), "delegation lab.example.com in example.com");
  EXPECT_EQ(found(zones, "x.deep.lab.example.com"), "delegation lab.example.com in example.com");
  EXPECT_EQ(found(zones, "example.com", dns::type::kNs), "found example.com in example.com");
}

TEST(Zones, DsAtACutIsFoundAndBelowItIsNot) {
  const Zones zones({build("example.com", {{"lab.example.com", "NS"}, {"a.lab.example.com", "NS"}})}, kKey);
  EXPECT_EQ(found(zones, "lab.example.com", dns::type::kDs), "found lab.example.com in example.com");
  EXPECT_EQ(found(zones, "x.lab.example.com", dns::type::kDs), "delegation lab.example.com in example.com");
  EXPECT_EQ(found(zones, "a.lab.example.com", dns::type::kDs), "delegation lab.example.com in example.com");
}

TEST(Zones, OnlyBelowADnameItIsOne) {
  const Zones zones({build("example.com", {{"old.example.com", "DNAME"}, {"a.old.example.com", "A"}})}, kKey);
  EXPECT_EQ(found(zones, "old.example.com"), "found old.example.com in example.com");
  EXPECT_EQ(found(zones, "x.old.example.com"), "dname old.example.com in example.com");
  EXPECT_EQ(found(zones, "x.y.old.example.com"), "dname old.example.com in example.com");
  EXPECT_EQ(found(zones, "a.old.example.com"), "dname old.example.com in example.com");
}

TEST(Zones, OfDelegationAndDnameThatNearerToTheApexWins) {
  const Zones zones({build("example.com", {{"a.example.com", "NS"},
                                           {"b.a.example.com", "DNAME"},
                                           {"c.example.com", "DNAME"},
                                           {"b.c.example.com", "NS"}}),
                     build("example.org", {{"example.org", "DNAME"}, {"a.example.org", "NS"}})},
                    kKey);
  EXPECT_EQ(found(zones, "x.b.a.example.com"), "delegation a.example.com in example.com");
  EXPECT_EQ(found(zones, "x.b.c.example.com"), "dname c.example.com in example.com");
  EXPECT_EQ(found(zones, "b.c.example.com", dns::type::kDs), "dname c.example.com in example.com");
  EXPECT_EQ(found(zones, "a.example.org"), "dname example.org in example.org");
  EXPECT_EQ(found(zones, "example.org"), "found example.org in example.org");
}

TEST(Zones, NamesBelongToTheLongestZone) {
  const Zones zones({build("example.com", {{"sub.example.com", "NS"},
                                           {"secret.sub.example.com", "A"},
                                           {"*.sub.example.com", "A"},
                                           {"*.example.com", "A"}}),
                     build("sub.example.com", {{"www.sub.example.com", "A"}})},
                    kKey);
  EXPECT_EQ(found(zones, "sub.example.com"), "found sub.example.com in sub.example.com");
  EXPECT_EQ(found(zones, "www.sub.example.com"), "found www.sub.example.com in sub.example.com");
  EXPECT_EQ(found(zones, "secret.sub.example.com"), "nx domain sub.example.com in sub.example.com");
  EXPECT_EQ(found(zones, "x.example.com"), "wildcard *.example.com in example.com");
}

// RFC 4035 §3.1.4.1.
TEST(Zones, DsAtAnApexIsAskedOfTheZoneAbove) {
  const auto child = build("sub.example.com", {});
  EXPECT_EQ(found(Zones({child}, kKey), "sub.example.com", dns::type::kDs), "found sub.example.com in sub.example.com");
  EXPECT_EQ(
      found(Zones({child, build("example.com", {{"sub.example.com", "NS"}})}, kKey), "sub.example.com", dns::type::kDs),
      "found sub.example.com in example.com");
  EXPECT_EQ(found(Zones({build("example.com", {}), child}, kKey), "sub.example.com", dns::type::kDs),
            "nx domain example.com in example.com")
      << "the parent does not delegate it";
  EXPECT_EQ(found(Zones({build("com", {{"example.com", "NS"}}), child}, kKey), "sub.example.com", dns::type::kDs),
            "delegation example.com in com");
  EXPECT_EQ(
      found(Zones({build("com", {{"sub.example.com", "DS"}}), build("example.com", {{"sub.example.com", "NS"}}), child},
                  kKey),
            "sub.example.com", dns::type::kDs),
      "found sub.example.com in example.com")
      << "the nearest zone above, not the one above that";
}

TEST(Zones, TheRootAndATopLevelDomainAreZonesLikeOthers) {
  const Zones zones({build(".", {{"org", "NS"}, {"a.net", "A"}}), build("com", {{"example.com", "NS"}})}, kKey);
  EXPECT_EQ(found(zones, "."), "found . in .");
  EXPECT_EQ(found(zones, "net"), "found net in .");
  EXPECT_EQ(found(zones, "x.org"), "delegation org in .");
  EXPECT_EQ(found(zones, "x"), "nx domain . in .");
  EXPECT_EQ(found(zones, "com"), "found com in com");
  EXPECT_EQ(found(zones, "www.example.com"), "delegation example.com in com");
  EXPECT_EQ(found(zones, "com", dns::type::kDs), "nx domain . in .");
  EXPECT_EQ(found(zones, ".", dns::type::kDs), "found . in .");
}

TEST(Zones, FindInStaysInTheZone) {
  const Zones zones(
      {build("example.com", {{"www.example.com", "A"}}), build("sub.example.com", {}), build("example.org", {})}, kKey);
  const Zone* zone = zones.zone_of(*dns::Name::from_text("x.example.com"));
  ASSERT_NE(zone, nullptr);
  const auto kind_of = [&](std::string_view name) {
    dns::LookupName parsed;
    EXPECT_NE(parsed.parse(dns::Name::from_text(name)->wire(), kKey), 0U);
    return zones.find_in(*zone, parsed, dns::type::kA).kind;
  };
  EXPECT_EQ(kind_of("www.example.com"), Kind::found);
  EXPECT_EQ(kind_of("x.example.com"), Kind::nx_domain);
  EXPECT_EQ(kind_of("sub.example.com"), Kind::not_ours);
  EXPECT_EQ(kind_of("example.org"), Kind::not_ours);
  EXPECT_EQ(kind_of("example.net"), Kind::not_ours);
}

TEST(Zones, TellsTheZoneOfAName) {
  const Zones zones({build("example.com", {}), build("sub.example.com", {})}, kKey);
  const auto apex_of = [&](std::string_view name) {
    const Zone* zone = zones.zone_of(*dns::Name::from_text(name));
    return zone == nullptr ? "none" : zone->apex().to_text();
  };
  EXPECT_EQ(apex_of("example.com"), "example.com");
  EXPECT_EQ(apex_of("a.b.example.com"), "example.com");
  EXPECT_EQ(apex_of("a.b.sub.example.com"), "sub.example.com");
  EXPECT_EQ(apex_of("com"), "none");
}

std::vector<dns::Name> names(const std::vector<std::string>& texts) {
  std::vector<dns::Name> result;
  for (const std::string& text : texts)
    result.push_back(*dns::Name::from_text(text));
  return result;
}

TEST(Zones, AZoneThatWasNotLoadedHasItsNamesAndNoOther) {
  const Zones zones({build("example.com", {})}, kKey, names({"example.net"}));
  EXPECT_EQ(found(zones, "example.net"), "not loaded 2");
  EXPECT_EQ(found(zones, "WWW.Example.NET"), "not loaded 2");
  EXPECT_EQ(found(zones, "a.b.c.d.example.net", dns::type::kDs), "not loaded 2");
  EXPECT_EQ(found(zones, "example.net", dns::type::kDs), "not loaded 2");
  EXPECT_EQ(found(zones, "net"), "not ours");
  EXPECT_EQ(found(zones, "xexample.net"), "not ours");
  EXPECT_EQ(found(zones, "example.com"), "found example.com in example.com");
  EXPECT_EQ(zones.zone_of(*dns::Name::from_text("www.example.net")), nullptr);
  EXPECT_THAT(zones.zones(), testing::SizeIs(1));
  EXPECT_THAT(zones.not_loaded(), testing::ElementsAre(*dns::Name::from_text("example.net")));
}

TEST(Zones, ANameOfAZoneThatWasNotLoadedIsNotAnsweredFromTheZoneAbove) {
  const Zones zones(
      {build("example.com", {{"sub.example.com", "NS"}, {"www.sub.example.com", "A"}, {"*.example.com", "A"}}),
       build("deep.sub.example.com", {})},
      kKey, names({"sub.example.com"}));
  EXPECT_EQ(found(zones, "sub.example.com"), "not loaded 3");
  EXPECT_EQ(found(zones, "sub.example.com", dns::type::kNs), "not loaded 3");
  EXPECT_EQ(found(zones, "www.sub.example.com"), "not loaded 3");
  EXPECT_EQ(found(zones, "x.deep.sub.example.com"), "nx domain deep.sub.example.com in deep.sub.example.com");
  EXPECT_EQ(found(zones, "x.example.com"), "wildcard *.example.com in example.com");
  EXPECT_EQ(found(zones, "x.y.example.com"), "wildcard *.example.com in example.com");
}

// RFC 4035 §3.1.4.1: DS is the parent's, whatever became of the child.
TEST(Zones, DsAtAnApexIsAskedOfTheZoneAboveWhetherEitherWasLoadedOrNot) {
  const auto parent = build("example.com", {{"sub.example.com", "NS"}});
  EXPECT_EQ(found(Zones({parent}, kKey, names({"sub.example.com"})), "sub.example.com", dns::type::kDs),
            "found sub.example.com in example.com");
  EXPECT_EQ(
      found(Zones({build("sub.example.com", {})}, kKey, names({"example.com"})), "sub.example.com", dns::type::kDs),
      "not loaded 2");
  EXPECT_EQ(found(Zones({}, kKey, names({"example.com", "sub.example.com"})), "sub.example.com", dns::type::kDs),
            "not loaded 2");
}

TEST(Zones, AChainIntoAZoneThatWasNotLoadedLeavesTheZone) {
  const auto zone = build("example.com", {});
  const Zones zones({zone}, kKey, names({"sub.example.com"}));
  dns::LookupName name;
  EXPECT_NE(name.parse(dns::Name::from_text("www.sub.example.com")->wire(), kKey), 0U);
  EXPECT_EQ(zones.find_in(*zone, name, dns::type::kA).kind, Kind::not_ours);
}

TEST(Zones, TheRootMayBeWhatWasNotLoaded) {
  const Zones zones({build("com", {})}, kKey, names({"."}));
  EXPECT_EQ(found(zones, "."), "not loaded 0");
  EXPECT_EQ(found(zones, "example.org"), "not loaded 0");
  EXPECT_EQ(found(zones, "com"), "found com in com");
}

TEST(Zones, OneApexTwiceIsRefused) {
  EXPECT_THROW(Zones({build("example.com", {}), build("example.com", {})}, kKey), std::invalid_argument);
  EXPECT_THROW(Zones({build("example.com", {})}, kKey, names({"example.com"})), std::invalid_argument);
}

TEST(Zones, FindsEveryNameOfALargeZoneAndNoOther) {
  std::vector<Owned> data;
  for (int i = 0; i < 20'000; ++i)
    data.push_back({fmt::format("h{}.d{}.example.com", i, i % 100), "A"});
  const Zones zones({build("example.com", data)}, kKey);
  EXPECT_EQ(zones.zones()[0]->node_count(), 20'101U);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(find(zones, data[static_cast<std::size_t>(i)].first).kind, Kind::found);
    ASSERT_EQ(find(zones, fmt::format("x{}.d{}.example.com", i, i % 100)).kind, Kind::nx_domain);
  }
}

// The reference: RFC 1034 §4.3.2 by the letter, walking down from the apex over a set of names.

// Labels from the root: {"com", "example", "www"}.
using Labels = std::vector<std::string>;

std::string text_of(const Labels& labels) {
  std::string text;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label)
    text += (text.empty() ? "" : ".") + *label;
  return text.empty() ? "." : text;
}

bool is_at_or_below(const Labels& name, const Labels& above) {
  return name.size() >= above.size() && std::equal(above.begin(), above.end(), name.begin());
}

struct Model {
  Labels apex;
  std::map<Labels, std::set<std::string>> data;

  // Owned by data, or above a name that is. The names that begin with `name` follow it in the map.
  [[nodiscard]] bool exists(const Labels& name) const {
    const auto at = data.lower_bound(name);
    return at != data.end() && is_at_or_below(at->first, name);
  }
  [[nodiscard]] bool has(const Labels& name, const char* type) const {
    const auto at = data.find(name);
    return at != data.end() && at->second.contains(type);
  }
  [[nodiscard]] std::string answer(const char* kind, const Labels& node) const {
    return fmt::format("{} {} in {}", kind, text_of(node), text_of(apex));
  }

  [[nodiscard]] std::string find(const Labels& name, dns::Type type) const {
    Labels node = apex;
    while (true) {
      if (node != apex && has(node, "NS") && !(node == name && type == dns::type::kDs)) {
        return answer("delegation", node);
      }
      if (node == name) return answer("found", node);
      if (has(node, "DNAME")) return answer("dname", node);
      Labels next = node;
      next.push_back(name[node.size()]);
      if (!exists(next)) {
        Labels wildcard = node;
        wildcard.push_back("*");
        return exists(wildcard) ? answer("wildcard", wildcard) : answer("nx domain", node);
      }
      node = next;
    }
  }
};

std::string reference(const std::vector<Model>& models, const Labels& name, dns::Type type) {
  const auto longest = [&](auto&& is_it) {
    const Model* best = nullptr;
    for (const Model& model : models) {
      if (is_it(model) && (best == nullptr || model.apex.size() > best->apex.size())) best = &model;
    }
    return best;
  };
  const Model* zone = longest([&](const Model& model) { return is_at_or_below(name, model.apex); });
  if (zone == nullptr) return "not ours";
  if (type == dns::type::kDs && zone->apex == name) {
    const Model* above =
        longest([&](const Model& model) { return is_at_or_below(name, model.apex) && model.apex != name; });
    if (above != nullptr) zone = above;
  }
  return zone->find(name, type);
}

Model random_model(const Labels& apex, Random& random) {
  constexpr const char* kLabels[] = {"a", "b", "*"};
  constexpr const char* kModelTypes[] = {"A", "A", "TXT", "NS", "NS", "DNAME", "CNAME", "OVERLAY"};
  Model model{apex, {{apex, {"SOA", "NS"}}}};
  for (std::uint32_t i = random.below(7); i > 0; --i) {
    Labels owner = apex;
    for (std::uint32_t labels = random.below(4); labels > 0; --labels)
      owner.push_back(kLabels[random.below(3)]);
    const char* type = kModelTypes[random.below(8)];
    const bool is_free = !model.data.contains(owner);
    // One type a name but for what may stand together; the apex may get a DNAME beside its own.
    if (is_free || (owner == apex && (std::string_view(type) == "DNAME" || std::string_view(type) == "A"))) {
      model.data[owner].insert(type);
    }
  }
  return model;
}

std::shared_ptr<const Zone> build(const Model& model) {
  std::vector<Owned> data;
  for (const auto& [owner, types] : model.data) {
    for (const std::string& type : types) {
      if (owner != model.apex || (type != "SOA" && type != "NS")) data.push_back({text_of(owner), type});
    }
  }
  return build(text_of(model.apex), data);
}

// Every name of up to `depth` labels over the alphabet of the models and a label that none has.
void all_names(std::size_t depth, const Labels& name, std::vector<Labels>& names) {
  names.push_back(name);
  if (depth == 0) return;
  for (const char* label : {"a", "b", "*", "x"}) {
    Labels longer = name;
    longer.push_back(label);
    all_names(depth - 1, longer, names);
  }
}

TEST(Zones, FindWhatTheReferenceFinds) {
  const std::vector<Labels> apexes = {{}, {"a"}, {"b"}, {"a", "a"}, {"a", "b"}, {"a", "b", "a"}, {"a", "a", "b", "b"}};
  std::vector<Labels> names;
  all_names(5, {}, names);
  std::vector<dns::LookupName> parsed(names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    ASSERT_NE(parsed[i].parse(dns::Name::from_text(text_of(names[i]))->wire(), kKey), 0U);
  std::size_t compared = 0;
  std::map<std::string, int> kinds;
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Random random(seed);
    std::vector<Model> models;
    std::vector<std::shared_ptr<const Zone>> built;
    for (const Labels& apex : apexes) {
      if (random.below(2) == 0) continue;
      const Model model = random_model(apex, random);
      auto zone = build(model);
      if (zone == nullptr) continue;  // an overlay in a delegation
      models.push_back(model);
      built.push_back(std::move(zone));
    }
    const Zones zones(built, kKey);
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (const dns::Type type : {dns::type::kA, dns::type::kDs}) {
        const std::string expected = reference(models, names[i], type);
        ASSERT_EQ(shown(zones.find(parsed[i], type)), expected) << text_of(names[i]) << ' ' << type;
        ++kinds[expected.substr(0, expected.find(' '))];
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 100'000U);
  for (const char* kind : {"not", "found", "wildcard", "delegation", "dname", "nx"})
    EXPECT_GT(kinds[kind], 1'000) << kind;
}

}  // namespace
}  // namespace rhumb::zone
