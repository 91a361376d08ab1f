// Whatever a zone holds and whatever is asked: what comes out is the zone's, and can be read.
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "answer/responder.hpp"
#include "support/compression.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

namespace type = dns::type;

constexpr std::string_view kApex = "example.com.";
constexpr dns::Type kTypeTxt = 16;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char octet) { return static_cast<char>(dns::to_lower(static_cast<std::uint8_t>(octet))); });
  return text;
}

// A zone as text, and what it says.
struct RandomZone {
  std::string text;
  std::set<std::string> records;   // as ldns writes them, in lower case: "owner ttl IN type rdata"
  std::vector<std::string> names;  // that something has, with the final dot
};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  RandomZone make() {
    make_pool();
    add(std::string(kApex), "SOA", fmt::format("{} {} 7 7200 900 1209600 300", host(), host()));
    const std::size_t apex_servers = 1 + pick(8);
    for (std::size_t i = 0; i < apex_servers; ++i)
      add(std::string(kApex), "NS", host());
    for (const std::string& name : pool_)
      fill(name);
    if (pick(8) == 0) add_many();
    return std::move(zone_);
  }

  // A name that may or may not exist, in capitals here and there, below and above the zone's names.
  std::string question() {
    if (has_many_ && pick(8) == 0) return pool_.back();
    std::string name = pool_[pick(pool_.size())];
    if (name.starts_with("*.") && pick(4) > 0) name = label() + name.substr(1);
    if (pick(3) == 0) name = label() + "." + name;
    if (pick(6) == 0) name = label() + "." + name;
    if (pick(12) == 0) name = name.substr(name.find('.') + 1);
    for (char& octet : name) {
      if (octet >= 'a' && octet <= 'z' && pick(8) == 0) octet = static_cast<char>(octet - 0x20);
    }
    return name.size() <= 250 ? name : std::string(kApex);
  }

  std::size_t pick(std::size_t below) { return random_() % below; }

 private:
  // Few labels, so that names share suffixes and meet each other; some long.
  std::string label() {
    static const std::vector<std::string> kLabels{
        "a",  "b",   "mx",  "ns",      "www", "mail", "x-1", "deep",
        "of", "and", "com", "example", "Bar", "FOO",  "_t",  std::string(40, 'l')};
    return kLabels[pick(kLabels.size())];
  }

  void make_pool() {
    std::set<std::string> pool{std::string(kApex)};
    while (pool.size() < 40) {
      auto above = pool.begin();
      std::advance(above, static_cast<std::ptrdiff_t>(pick(pool.size())));
      if (above->size() > 150 || above->starts_with("*.")) continue;
      pool.insert(lower(pick(10) == 0 ? "*" : label()) + "." + *above);
    }
    pool_.assign(pool.begin(), pool.end());
  }

  // A name for rdata: often one of the zone, with capitals as they come.
  std::string host() {
    std::string name = pool_[pick(pool_.size())];
    if (pick(3) == 0) name = label() + "." + name;
    if (pick(5) == 0) name = label() + ".example.org.";
    return name.starts_with("*.") ? name.substr(2) : name;
  }

  void add(const std::string& owner, std::string_view of_type, const std::string& rdata) {
    if (!zone_.records.insert(lower(fmt::format("{} 300 in {} {}", owner, of_type, rdata))).second) return;
    zone_.text += fmt::format("{} 300 IN {} {}\n", owner, of_type, rdata);
  }

  void fill(const std::string& name) {
    const bool is_apex = name == kApex;
    const std::size_t kind = is_apex ? 9 : pick(10);
    if (kind < 2) return add(name, "CNAME", host());
    if (kind == 2 && !name.starts_with("*.")) return add(name, "DNAME", host());
    if (kind == 3 && !name.starts_with("*.")) {
      const std::size_t count = 1 + pick(4);
      for (std::size_t i = 0; i < count; ++i)
        add(name, "NS", pick(2) == 0 ? label() + "." + name : host());
    }
    const std::size_t count = pick(12);
    for (std::size_t i = 0; i < count; ++i)
      add_record(name);
  }

  void add_record(const std::string& name) {
    switch (pick(6)) {
      case 0:
      case 1:
        return add(name, "MX", fmt::format("{} {}", pick(100), host()));
      case 2:
        return add(name, "SRV", fmt::format("1 2 {} {}", pick(1'000), host()));
      case 3:
        return add(name, "AAAA", fmt::format("2001:db8::{:x}", 1 + pick(0xFFFF)));
      case 4:
        return add(name, "PTR", host());
      default:
        return add(name, "A", fmt::format("192.0.2.{}", pick(256)));
    }
  }

  // An RRset that reaches past what compression pointers can.
  void add_many() {
    const std::string owner = "many." + std::string(kApex);
    for (int i = 0; i < 800; ++i)
      add(owner, "MX", fmt::format("{} {}", i, pick(2) == 0 ? host() : fmt::format("h{}.{}", i, host())));
    pool_.push_back(owner);
    has_many_ = true;
  }

  std::mt19937 random_;
  std::vector<std::string> pool_;  // of names; the last is that with many records, if there is one
  bool has_many_ = false;
  RandomZone zone_;
};

// "owner rest" of a record as text.
std::pair<std::string, std::string> taken_apart(const std::string& record) {
  const std::size_t space = record.find(' ');
  return {record.substr(0, space), record.substr(space)};
}

// Whether the zone has the record: as it is, or a wildcard has it for its owner.
bool has(const RandomZone& zone, const std::string& record) {
  if (zone.records.contains(record)) return true;
  auto [owner, rest] = taken_apart(record);
  for (std::size_t dot = owner.find('.'); dot != std::string::npos; dot = owner.find('.', dot + 1)) {
    if (zone.records.contains("*" + owner.substr(dot) + rest)) return true;
  }
  return false;
}

// Whether `cname` is what `dname` makes of a name below it (RFC 6672 §2.2).
bool follows_from(const std::string& cname, const std::string& dname) {
  constexpr std::string_view kCname = " 300 in cname ";
  constexpr std::string_view kDname = " 300 in dname ";
  const auto [owner, owner_rest] = taken_apart(cname);
  const auto [old_end, target_rest] = taken_apart(dname);
  if (!owner_rest.starts_with(kCname) || !target_rest.starts_with(kDname) || !owner.ends_with("." + old_end))
    return false;
  return owner_rest.substr(kCname.size()) ==
         owner.substr(0, owner.size() - old_end.size()) + target_rest.substr(kDname.size());
}

void expect_from_zone(const RandomZone& zone, const std::vector<std::string>& section) {
  std::vector<std::string> before;  // a DNAME that a chain passes twice stands once, before the first of its CNAMEs
  for (const std::string& as_written : section) {
    const std::string record = lower(as_written);
    const auto makes_it = [&](const std::string& dname) { return follows_from(record, dname); };
    EXPECT_TRUE(has(zone, record) || std::ranges::any_of(before, makes_it)) << as_written;
    before.push_back(record);
  }
}

TEST(RandomZones, GiveWhatTheyHoldInMessagesThatCanBeRead) {
  constexpr std::array<dns::Type, 10> kTypes{type::kA,   type::kAaaa,  type::kNs,  type::kMx,  type::kSoa,
                                             type::kSrv, type::kCname, type::kPtr, type::kAny, kTypeTxt};
  int truncated = 0;
  int long_ones = 0;
  int pointers = 0;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Generator generator(seed);
    const RandomZone zone = generator.make();
    const Snapshot snapshot{
        zone::Zones({make_zone("example.com", zone.text)}, seed), {}, {}, std::make_shared<health::Board>(0)};
    ASSERT_NE(snapshot.zones.zones()[0], nullptr) << zone.text;
    Asker asker(snapshot);
    for (int i = 0; i < 120; ++i) {
      const std::string name = generator.question();
      const dns::Type of_type = kTypes[generator.pick(kTypes.size())];
      SCOPED_TRACE(fmt::format("{} {}", name, dns::type_to_text(of_type)));
      dns::Message query = dns::query_message(name.substr(0, name.size() - 1), of_type);
      if (i % 3 == 0) dns::append_opt(query, {}, static_cast<std::uint16_t>(512 + generator.pick(1'000)));
      for (const Transport transport : {Transport::udp, Transport::tcp}) {
        const dns::Message octets = asker.ask_raw(query, {IpAddress::v4(1), transport});
        test::CompressionCheck check(octets);
        check.run();
        const test::Response response = test::parse_response(octets);
        if (testing::Test::HasFailure()) {
          ADD_FAILURE() << zone.text.substr(0, 4'000);
          return;
        }
        EXPECT_EQ(response.question, fmt::format("{} {}", name, dns::type_to_text(of_type)));
        for (const auto* section : {&response.answer, &response.authority, &response.additional})
          expect_from_zone(zone, *section);
        if (transport == Transport::tcp) {
          EXPECT_FALSE(response.tc);
        }
        truncated += response.tc ? 1 : 0;
        long_ones += octets.size() > dns::kPointerMax ? 1 : 0;
        pointers += check.pointers();
      }
    }
  }
  // Else the zones and questions have become too tame to show anything.
  EXPECT_GT(truncated, 50);
  EXPECT_GT(long_ones, 5);
  EXPECT_GT(pointers, 50'000);
}

}  // namespace
}  // namespace rhumb::answer
