#include "zone/zone_audit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "dns/stored_record.hpp"
#include "random_seeds.hpp"
#include "zone/stored_zone.hpp"
#include "zone_directory.hpp"

namespace rhumb::zone {
namespace {

const dns::Name kName = *dns::Name::from_text("example.com");

// The sections of a stored zone, to be tampered with.
struct Sections {
  Array<Node> nodes;
  Array<std::uint8_t> owners;
  Array<FileRrset> rrsets;
  Array<std::uint8_t> records;
  Array<std::uint16_t> pointers;
  Array<Target> targets;
  Array<FileNames> names;

  [[nodiscard]] FileArrays arrays() const { return {nodes, owners, rrsets, records, pointers, targets, names}; }
};

template <typename Elements>
void take(Bytes& octets, std::uint64_t count, Elements& elements) {
  const std::size_t size = count * sizeof(typename Elements::value_type);
  elements.resize(count);
  if (size > 0) std::memcpy(elements.data(), octets.data(), size);
  octets = octets.subspan((size + 7) / 8 * 8);
}

// Of a zone with a bit of everything, as StoredZone has written it.
Sections sections_of_a_zone() {
  ZoneDirectory directory;
  directory.write("zone",
                  "@ 3600 SOA ns1 admin 7 7200 900 1209600 300\n@ 3600 NS ns1\n@ 3600 NS ns2.sub\n@ 3600 MX 10 mail\n"
                  "@ 3600 MX 20 other.mail\nns1 3600 A 192.0.2.53\nns1 3600 AAAA 2001:db8::53\nmail 3600 A 192.0.2.25\n"
                  "other.mail 3600 A 192.0.2.26\nsub 3600 NS ns2.sub\nns2.sub 3600 A 192.0.2.54\nwww 3600 CNAME mail\n"
                  "*.wild 3600 CNAME x.wild\nold 3600 DNAME new\n_sip._tcp 3600 SRV 1 2 5060 mail\n"
                  "svc 3600 HTTPS 1 . alpn=h2\nsvc 3600 A 192.0.2.4\n");
  const auto zone = directory.load();
  const auto path = directory.path() / "stored";
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  EXPECT_TRUE(StoredZone::write(descriptor, *zone, {}, Digest{}, {}));
  close(descriptor);
  std::ifstream stream(path, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  // Magic, version, key; then count and checksum of each section, the preface first; then a checksum.
  std::array<std::uint64_t, 16> extents;
  constexpr std::size_t kExtentsAt = 8 + 8 + 32;
  std::memcpy(extents.data(), file.data() + kExtentsAt, sizeof extents);
  Bytes octets(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  octets = octets.subspan(kExtentsAt + sizeof extents + 8);
  Sections sections;
  take(octets, extents[2], sections.nodes);
  take(octets, extents[4], sections.owners);
  take(octets, extents[6], sections.rrsets);
  take(octets, extents[8], sections.records);
  take(octets, extents[10], sections.pointers);
  take(octets, extents[12], sections.targets);
  take(octets, extents[14], sections.names);
  EXPECT_TRUE(octets.empty());
  return sections;
}

template <typename Elements>
void tamper(Elements& elements, std::mt19937& random) {
  if (elements.empty()) return;
  auto* octets = reinterpret_cast<std::uint8_t*>(elements.data());
  const std::size_t at = random() % (elements.size() * sizeof(typename Elements::value_type));
  const auto changed = random() % 2 == 0 ? random() : octets[at] ^ 1U << random() % 8;
  octets[at] = static_cast<std::uint8_t>(changed);
}

// What an answer does with a sound zone, as far as it depends on the numbers in it.
void walk(const Sections& sections) {
  std::size_t number = 0;
  for (std::size_t node = 0; node + 1 < sections.nodes.size(); ++node) {
    const Bytes owner = Bytes(sections.owners).subspan(sections.nodes[node].owner_at, sections.nodes[node].owner_size);
    ASSERT_TRUE(dns::Name::from_wire(owner));
    for (; number < sections.nodes[node + 1].first_rrset; ++number) {
      const FileRrset& rrset = sections.rrsets.at(number);
      std::uint64_t names_number = 0;
      if (rrset.has_names == 1) std::memcpy(&names_number, &sections.records.at(rrset.records_at - 8), 8);
      const FileNames names = rrset.has_names == 1 ? sections.names.at(names_number) : FileNames{};
      const dns::StoredRrset stored{
          Bytes(sections.records).subspan(rrset.records_at, rrset.records_size),
          std::span<const std::uint16_t>(sections.pointers).subspan(names.first_pointer, names.pointer_count),
          rrset.count, static_cast<std::uint8_t>(owner.size())};
      for (std::size_t at = 0; at < stored.records.size(); at += dns::stored_record_size(stored.records.data() + at)) {
        std::array<std::uint8_t, dns::kExpandedRdataMax> out;
        if (dns::rdata_layout(rrset.type).name_count > 0) {
          ASSERT_LE(dns::expand_rdata(stored, at, owner, out.data()), out.size());
        }
      }
      for (std::size_t i = 0; i < names.target_count; ++i) {
        const Target& target = sections.targets.at(names.first_target + i);
        ASSERT_LT(target.node + 1U, sections.nodes.size());
        std::array<std::uint8_t, dns::kNameMax> out;
        if (target.name_offset != Target::kIsOwner) {
          ASSERT_LE(dns::expand_name(stored, target.name_offset, owner, out.data()), out.size());
        }
      }
    }
  }
}

TEST(ZoneAudit, PassesWhatTheBuilderHasMade) {
  const Sections sections = sections_of_a_zone();
  EXPECT_TRUE(is_sound(sections.arrays(), kName, 0));
  EXPECT_FALSE(is_sound(sections.arrays(), *dns::Name::from_text("example.net"), 0));
  walk(sections);
}

// Without the checksums: whatever gets past the audit can be answered from.
TEST(ZoneAudit, PassesNothingThatLeadsOutOfBounds) {
  const Sections good = sections_of_a_zone();
  std::size_t passed = 0;
  for (std::uint32_t seed = 0; seed < seeds(2'000); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Sections sections = good;
    for (auto times = 1 + random() % 2; times > 0; --times) {
      switch (random() % 7) {
        case 0:
          tamper(sections.nodes, random);
          break;
        case 1:
          tamper(sections.owners, random);
          break;
        case 2:
          tamper(sections.rrsets, random);
          break;
        case 3:
          tamper(sections.pointers, random);
          break;
        case 4:
          tamper(sections.targets, random);
          break;
        case 5:
          tamper(sections.names, random);
          break;
        default:
          tamper(sections.records, random);
      }
    }
    if (!is_sound(sections.arrays(), kName, 0)) continue;
    ++passed;
    walk(sections);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(passed, 20U) << "an address may be any";
}

TEST(ZoneAudit, PassesNoFlagsThatTheRecordsDoNotBear) {
  Sections sections = sections_of_a_zone();
  for (std::size_t node = 0; node + 1 < sections.nodes.size(); ++node) {
    for (const std::uint8_t flag : {Node::kIsCut, Node::kHasDname}) {
      sections.nodes[node].flags ^= flag;
      EXPECT_FALSE(is_sound(sections.arrays(), kName, 0)) << node;
      sections.nodes[node].flags ^= flag;
    }
    const Node before = sections.nodes[node];
    sections.nodes[node].overlay = 0;
    EXPECT_FALSE(is_sound(sections.arrays(), kName, 0));
    EXPECT_TRUE(is_sound(sections.arrays(), kName, 1));
    sections.nodes[node] = before;
    sections.nodes[node].wildcard = static_cast<NodeIndex>(node);
    EXPECT_FALSE(is_sound(sections.arrays(), kName, 0));
    sections.nodes[node] = before;
  }
}

}  // namespace
}  // namespace rhumb::zone
