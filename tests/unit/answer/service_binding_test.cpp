// HTTPS and SVCB at steered names: hints that say what A and AAAA would.
#include "answer/service_binding.hpp"

#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <ldns/ldns.h>

#include "answer/responder.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using health::State;
using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
namespace type = dns::type;

constexpr std::string_view kBindingZone = R"(
$TTL 300
@      SOA ns1 hostmaster 7 7200 900 1209600 60
       NS  ns1
ns1    A   192.0.2.53
www    A   198.51.100.1
       HTTPS 1 . alpn=h2,h3 ipv4hint=198.51.100.1 port=8443 ipv6hint=2001:db8:ffff::1,2001:db8:ffff::2
plain  HTTPS 1 . alpn=h2 port=8443
shop   CNAME www
*.cdn  HTTPS 1 . ipv4hint=198.51.100.1
mixed  HTTPS 1 . ipv4hint=198.51.100.1
       HTTPS 2 MIXED ipv4hint=198.51.100.1 key667=abc
       HTTPS 3 other ipv4hint=198.51.100.9
       HTTPS 4 . alpn=h2
alias  HTTPS 0 other
must   SVCB 1 . mandatory=alpn,ipv4hint,ipv6hint alpn=h2 ipv4hint=198.51.100.1 ipv6hint=2001:db8:ffff::1
       SVCB 2 . mandatory=ipv6hint ipv6hint=2001:db8:ffff::1
other  A   192.0.2.9
short  20 HTTPS 1 . ipv4hint=198.51.100.1
)";

constexpr std::array<std::string_view, 7> kServices{"www", "plain", "*.cdn", "mixed", "alias", "must", "short"};

std::vector<zone::OverlayName> overlays() {
  std::vector<zone::OverlayName> result;
  for (const std::string_view name : kServices) {
    result.push_back({*dns::Name::from_text(fmt::format("{}.example.com", name)),
                      static_cast<zone::Overlay>(result.size()), "config"});
  }
  return result;
}

// Clients in 10.0.0.0/8 rank "west" first, all others "east"; those in 11.0.0.0/8 are refused, in 12.0.0.0/8 kept out.
std::shared_ptr<const steering::RankingMap> make_binding_map() {
  steering::Rankings rankings(2);
  geo::AddressMap<steering::RankingId> networks;
  networks.v4().append(0x0A000000, rankings.intern({{1, 0}, {0, 1}}));
  networks.v4().append(0x0B000000, rankings.intern({}, steering::Action::refuse, 0));
  networks.v4().append(0x0C000000, rankings.intern({}, steering::Action::nodata, 1));
  networks.v4().append(0x0D000000, 0);
  return std::make_shared<steering::RankingMap>(std::move(rankings), networks);
}

// Targets 0: east 192.0.2.10, 1: west 192.0.2.20, 2: west 192.0.2.21, 3: east 2001:db8::10, 4: west 2001:db8::20.
steering::ServiceSettings make_settings() {
  steering::ServiceSettings settings;
  settings.ttl_s = 30;
  settings.regions = {"east", "west"};
  settings.instances = {{0, *IpAddress::parse("192.0.2.10"), 0},
                        {1, *IpAddress::parse("192.0.2.20"), 1},
                        {1, *IpAddress::parse("192.0.2.21"), 2},
                        {0, *IpAddress::parse("2001:db8::10"), 3},
                        {1, *IpAddress::parse("2001:db8::20"), 4}};
  return settings;
}

constexpr std::initializer_list<std::uint8_t> kEastAlias{192, 0, 2};
constexpr std::initializer_list<std::uint8_t> kWestAlias{10, 1, 2};
constexpr std::initializer_list<std::uint8_t> kRefused{11, 1, 2};
constexpr std::initializer_list<std::uint8_t> kKeptOut{12, 1, 2};

class ServiceBindingTest : public testing::Test {
 protected:
  ServiceBindingTest()
      : board_(std::make_shared<health::Board>(5)),
        snapshot_{zone::Zones({make_zone("example.com", kBindingZone, overlays())}, 42), {}, {}, board_},
        asker_(snapshot_) {
    for (std::size_t i = 0; i < kServices.size(); ++i)
      snapshot_.services.emplace_back(make_settings(), make_binding_map());
  }

  // Of all services.
  void set(const steering::ServiceSettings& settings) {
    for (steering::Service& service : snapshot_.services)
      service = steering::Service(settings, make_binding_map());
  }
  void set_all(State state) {
    for (std::size_t i = 0; i < board_->size(); ++i)
      board_->write(i, state);
  }
  test::Response ask(std::string_view name, std::initializer_list<std::uint8_t> network,
                     dns::Type of_type = type::kHttps) {
    auto query = dns::query_message(fmt::format("{}.example.com", name), of_type);
    dns::append_opt(query, dns::client_subnet_option(1, 24, network));
    return asker_.ask(query, {*IpAddress::parse("192.0.2.200"), Transport::tcp});
  }

  std::shared_ptr<health::Board> board_;
  Snapshot snapshot_;
  Asker asker_;
};

TEST_F(ServiceBindingTest, HintsAreTheAddressesThatTheClientWouldGet) {
  set_all(State::up);
  board_->write(2, State::down);
  const auto west = ask("www", kWestAlias);
  EXPECT_TRUE(west.aa);
  EXPECT_THAT(west.answer, ElementsAre("www.example.com. 30 IN HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.20 "
                                       "ipv6hint=2001:db8::20"));
  EXPECT_EQ(west.scope_bits, 8);
  EXPECT_THAT(asker_.decision().steered, SizeIs(2)) << "both families";
  EXPECT_THAT(ask("www", kEastAlias).answer,
              ElementsAre(AllOf(HasSubstr("ipv4hint=192.0.2.10 "), HasSubstr("ipv6hint=2001:db8::10"))));
}

TEST_F(ServiceBindingTest, AllAddressesOfAnAnswerAreHinted) {
  EXPECT_THAT(ask("www", kWestAlias).answer, ElementsAre(AnyOf(HasSubstr("ipv4hint=192.0.2.20,192.0.2.21 "),
                                                               HasSubstr("ipv4hint=192.0.2.21,192.0.2.20 "))));
}

TEST_F(ServiceBindingTest, AHintWithoutAddressesIsLeftOut) {
  auto settings = make_settings();
  settings.instances.resize(3);  // IPv4 only
  set(settings);
  EXPECT_THAT(ask("www", kEastAlias).answer,
              ElementsAre("www.example.com. 30 IN HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.10"));
  EXPECT_THAT(ask("must", kEastAlias, type::kSvcb).answer,
              ElementsAre("must.example.com. 30 IN SVCB 1 . mandatory=alpn,ipv4hint alpn=h2 ipv4hint=192.0.2.10",
                          "must.example.com. 30 IN SVCB 2 ."))
      << "nor is it mandatory then";
}

TEST_F(ServiceBindingTest, OnlyRecordsThatSpeakOfTheNameAreSteered) {
  const auto response = ask("mixed", kEastAlias);
  EXPECT_THAT(response.answer,
              ElementsAre("mixed.example.com. 30 IN HTTPS 1 . ipv4hint=192.0.2.10",
                          "mixed.example.com. 30 IN HTTPS 2 MIXED.example.com. ipv4hint=192.0.2.10 key667=abc",
                          "mixed.example.com. 30 IN HTTPS 3 other.example.com. ipv4hint=198.51.100.9",
                          "mixed.example.com. 30 IN HTTPS 4 . alpn=h2"))
      << "what had no hint has none";
  EXPECT_THAT(response.additional, ElementsAre("other.example.com. 300 IN A 192.0.2.9"));
}

TEST_F(ServiceBindingTest, WithoutHintsTheRecordsAreTheZonesForAll) {
  for (const std::string_view name : {"plain", "alias"}) {
    const auto response = ask(name, kRefused);
    EXPECT_THAT(response.answer, ElementsAre(HasSubstr(" 300 IN HTTPS ")));
    EXPECT_EQ(response.scope_bits, 0);
    EXPECT_THAT(asker_.decision().steered, IsEmpty());
  }
}

TEST_F(ServiceBindingTest, IsReachedThroughAliasesAndWildcards) {
  EXPECT_THAT(
      ask("shop", kEastAlias).answer,
      ElementsAre("shop.example.com. 300 IN CNAME www.example.com.",
                  AllOf(testing::StartsWith("www.example.com. 30 IN HTTPS 1 . "), HasSubstr("ipv4hint=192.0.2.10"))));
  EXPECT_THAT(ask("a.cdn", kEastAlias).answer, ElementsAre("a.cdn.example.com. 30 IN HTTPS 1 . ipv4hint=192.0.2.10"));
}

TEST_F(ServiceBindingTest, TheTtlIsNoLongerThanThatOfTheAddresses) {
  EXPECT_THAT(ask("short", kEastAlias).answer, ElementsAre(HasSubstr(" 20 IN HTTPS ")));
}

TEST_F(ServiceBindingTest, WhoIsRefusedIsRefused) {
  const auto response = ask("www", kRefused);
  EXPECT_EQ(response.rcode, "REFUSED");
  EXPECT_FALSE(response.aa);
  EXPECT_THAT(response.answer, IsEmpty());
  EXPECT_EQ(response.scope_bits, 8);
}

TEST_F(ServiceBindingTest, WhoIsKeptOutGetsNoHints) {
  const auto response = ask("www", kKeptOut);
  EXPECT_THAT(response.answer, ElementsAre("www.example.com. 30 IN HTTPS 1 . alpn=h2,h3 port=8443"));
  EXPECT_EQ(response.scope_bits, 8);
}

TEST_F(ServiceBindingTest, WithAllDownHintsFollowWhenAllDown) {
  set_all(State::down);
  auto settings = make_settings();
  const auto answer_with = [&](steering::WhenAllDown when_all_down) {
    settings.when_all_down = when_all_down;
    set(settings);
    return ask("www", kEastAlias).answer;
  };
  using steering::WhenAllDown;
  EXPECT_THAT(answer_with(WhenAllDown::nearest),
              ElementsAre(AllOf(HasSubstr("ipv4hint=192.0.2.10"), HasSubstr("ipv6hint=2001:db8::10"))));
  EXPECT_THAT(answer_with(WhenAllDown::fallback),
              ElementsAre(AllOf(HasSubstr("ipv4hint=198.51.100.1"), Not(HasSubstr("ipv6hint")))))
      << "the zone's own A; it has no AAAA";
  EXPECT_THAT(answer_with(WhenAllDown::nodata), ElementsAre(Not(HasSubstr("hint"))));
  settings.last_resort = {*IpAddress::parse("2001:db8::98"), *IpAddress::parse("2001:db8::99")};
  EXPECT_THAT(answer_with(WhenAllDown::last_resort),
              ElementsAre(AllOf(HasSubstr("ipv6hint=2001:db8::98,2001:db8::99"), Not(HasSubstr("ipv4hint")))));
}

TEST_F(ServiceBindingTest, TheScopeIsTheLongerOfBothFamilies) {
  auto settings = make_settings();
  settings.policy = steering::Policy::sticky;
  settings.answers = 1;
  settings.instances.erase(settings.instances.begin(),
                           settings.instances.begin() + 3);  // IPv6 only: no IPv4 for anyone
  steering::Rankings rankings(2);
  geo::AddressMap<steering::RankingId> networks;
  networks.v4().append(0x0A000000, rankings.intern({{1, 0}, {0, 1}}));
  networks.v4().append(0x0B000000, 0);
  const auto map = std::make_shared<steering::RankingMap>(std::move(rankings), networks);
  snapshot_.services[0] = steering::Service(settings, map);
  EXPECT_EQ(ask("www", kWestAlias, type::kA).scope_bits, 0);
  EXPECT_EQ(ask("www", kWestAlias, type::kAaaa).scope_bits, 24);
  EXPECT_EQ(ask("www", kWestAlias).scope_bits, 24);
}

TEST_F(ServiceBindingTest, WhatDoesNotFitTruncates) {
  auto settings = make_settings();
  settings.instances.clear();
  for (std::uint32_t i = 0; i < steering::kPoolMax; ++i)
    settings.instances.push_back({0, IpAddress::v4(0xC0000200U + i), 0});
  set(settings);
  const auto udp = asker_.ask("www.example.com", type::kHttps, {*IpAddress::parse("192.0.2.200")});
  EXPECT_TRUE(udp.tc);
  EXPECT_THAT(udp.answer, IsEmpty());
  EXPECT_FALSE(ask("www", kEastAlias).tc);
}

// ---------------------------------------------------------------------------------------------------- the records

// Octets of a record in stored form.
std::vector<std::uint8_t> stored(const std::vector<std::uint8_t>& rdata, std::uint32_t ttl = 300) {
  std::vector<std::uint8_t> record(dns::kStoredRecordFixedSize);
  store_u16(record.data(), dns::kOwnerIsQuestion);
  store_u16(record.data() + 2, type::kHttps);
  store_u16(record.data() + 4, dns::kClassIn);
  store_u32(record.data() + 6, ttl);
  store_u16(record.data() + 10, static_cast<std::uint16_t>(rdata.size()));
  record.insert(record.end(), rdata.begin(), rdata.end());
  return record;
}

TEST(WriteHints, SaysWhenThereIsNotEnoughRoomAndWritesNoFurther) {
  const auto address = stored({192, 0, 2, 1});
  const auto record = stored({0, 1, 0, 0, 1, 0, 3, 2, 'h', '2', 0, 4, 0, 4, 9, 9, 9, 9});
  const Hints hints{{address, address.size()}, {{}, 28}};
  for (std::size_t room = 0; room <= record.size(); ++room) {
    std::vector<std::uint8_t> out(room);
    EXPECT_EQ(write_hints(record, {}, hints, 30, out), room < record.size() ? 0 : record.size()) << room;
  }
}

// ----------------------------------------------------------------------------------------------------- all together

// Of an SVCB or HTTPS record's wire form, as RFC 9460 §2.2 has it; fails the test if it is not that.
struct ReadBinding {
  std::uint16_t priority = 0;
  std::map<std::uint16_t, std::vector<std::uint8_t>> params;
};

ReadBinding read_binding(Bytes rdata) {
  ReadBinding binding;
  binding.priority = load_u16(rdata.data());
  rdata = rdata.subspan(2);
  while (rdata[0] != 0)
    rdata = rdata.subspan(rdata[0] + 1U);
  rdata = rdata.subspan(1);
  int last_key = -1;
  while (rdata.size() >= 4) {
    const std::uint16_t key = load_u16(rdata.data());
    EXPECT_GT(key, last_key) << "keys ascend";
    last_key = key;
    const std::size_t size = load_u16(rdata.data() + 2);
    if (rdata.size() < 4 + size) break;
    const Bytes value = rdata.subspan(4, size);
    binding.params[key].assign(value.begin(), value.end());
    rdata = rdata.subspan(4 + size);
  }
  EXPECT_THAT(rdata, IsEmpty()) << "lengths add up";
  return binding;
}

// The rdata of the answer section, as ldns takes the message apart.
std::vector<std::vector<std::uint8_t>> answer_rdata(Bytes message) {
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, message.data(), message.size()) != LDNS_STATUS_OK) {
    ADD_FAILURE() << "ldns cannot read the response";
    return {};
  }
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(parsed, &ldns_pkt_free);
  std::vector<std::vector<std::uint8_t>> result;
  const ldns_rr_list* section = ldns_pkt_answer(parsed);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    auto& rdata = result.emplace_back();
    const ldns_rr* record = ldns_rr_list_rr(section, i);
    for (std::size_t field = 0; field < ldns_rr_rd_count(record); ++field) {
      const ldns_rdf* data = ldns_rr_rdf(record, field);
      rdata.insert(rdata.end(), ldns_rdf_data(data), ldns_rdf_data(data) + ldns_rdf_size(data));
    }
  }
  return result;
}

using Addresses = std::set<std::vector<std::uint8_t>>;

Addresses split(const std::vector<std::uint8_t>& hint, std::size_t address_size) {
  Addresses addresses;
  for (std::size_t at = 0; at < hint.size(); at += address_size)
    addresses.emplace(hint.begin() + static_cast<std::ptrdiff_t>(at),
                      hint.begin() + static_cast<std::ptrdiff_t>(at + address_size));
  return addresses;
}

// A service of random regions, instances and steering, records with random parameters over it, and random states.
class RandomWorld {
 public:
  explicit RandomWorld(std::uint32_t seed) : random_(seed) {
    std::vector<steering::Service> services;
    services.push_back(make_service());
    board_ = std::make_shared<health::Board>(services[0].settings().instances.size());
    constexpr std::array kStates{State::unknown, State::up, State::down};
    const bool is_all_down = pick(3) == 0;
    for (std::size_t i = 0; i < board_->size(); ++i)
      board_->write(i, is_all_down ? State::down : kStates[pick(3)]);
    snapshot_.emplace(Snapshot{
        zone::Zones({make_zone("example.com", make_text(), {{*dns::Name::from_text("www.example.com"), 0, "config"}})},
                    42),
        {},
        std::move(services),
        board_});
  }

  [[nodiscard]] const Snapshot& snapshot() const { return *snapshot_; }
  [[nodiscard]] std::size_t record_count() const { return has_hint_.size(); }
  // Whether the record of this priority, from 1, has a hint of its own name for the family in the zone.
  [[nodiscard]] bool has_hint(std::size_t priority, Family family) const {
    return has_hint_[priority - 1][static_cast<std::size_t>(family)];
  }

 private:
  std::size_t pick(std::size_t bound) { return random_() % bound; }

  steering::Service make_service() {
    steering::ServiceSettings settings;
    const std::size_t region_count = 1 + pick(4);
    settings.ttl_s = 30;
    settings.policy = static_cast<steering::Policy>(pick(3));
    settings.when_all_down = static_cast<steering::WhenAllDown>(pick(4));
    settings.families_together = pick(2) == 0;
    settings.last_resort = {*IpAddress::parse("198.51.100.99"), *IpAddress::parse("2001:db8:9::99")};
    settings.last_resort.resize(pick(3));
    for (std::size_t i = 0; i < region_count; ++i)
      settings.regions.push_back(fmt::format("r{}", i));
    const std::size_t kinds = 1 + pick(3);  // IPv4, IPv6, both
    for (std::size_t i = 0, count = 1 + pick(12); i < count; ++i) {
      const bool is_v4 = kinds == 1 || (kinds == 3 && pick(2) == 0);
      const U128 first = IpAddress::parse(is_v4 ? "192.0.2.0" : "2001:db8::")->bits;
      settings.instances.push_back({static_cast<steering::RegionIndex>(pick(region_count)),
                                    {first + i, is_v4 ? Family::v4 : Family::v6},
                                    static_cast<steering::TargetIndex>(i),
                                    static_cast<steering::Weight>(pick(3))});
    }
    return {std::move(settings), std::make_shared<steering::RankingMap>(steering::Rankings(region_count))};
  }

  std::string make_text() {
    std::string text = "@ 300 SOA ns h 1 7200 900 1209600 60\n@ 300 NS ns\nns 300 A 192.0.2.53\n";
    if (pick(2) == 0) text += "www 300 A 203.0.113.1\nwww 300 A 203.0.113.2\n";
    if (pick(2) == 0) text += "www 300 AAAA 2001:db8:7::1\n";
    constexpr std::array kTargets{".", "www", "WWW.example.com.", "elsewhere.example.net.", "ns"};
    for (std::size_t i = 0, count = 1 + pick(4); i < count; ++i) {
      const std::size_t target = pick(kTargets.size());
      const bool has_v4 = pick(2) == 0;
      const bool has_v6 = pick(2) == 0;
      text += fmt::format("www 300 HTTPS {} {}", i + 1, kTargets[target]);
      if (pick(2) == 0) text += " alpn=h2";
      if (pick(2) == 0) text += " port=8443";
      if (has_v4) text += " ipv4hint=203.0.113.9";
      if (has_v6) text += " ipv6hint=2001:db8:8::9,2001:db8:8::8";
      if (has_v4 && has_v6 && pick(2) == 0) text += " mandatory=ipv4hint,ipv6hint";
      text += "\n";
      has_hint_.push_back({has_v4 && target < 3, has_v6 && target < 3});
    }
    return text;
  }

  std::mt19937 random_;
  std::shared_ptr<health::Board> board_;
  std::optional<Snapshot> snapshot_;
  std::vector<std::array<bool, 2>> has_hint_;  // of each record
};

// All that A or AAAA may be answered with, over the draws.
Addresses possible(const Snapshot& snapshot, dns::Type of_type) {
  Addresses result;
  Asker asker(snapshot);
  for (int i = 0; i < 60; ++i) {
    for (auto& address : answer_rdata(asker.ask_raw(dns::query_message("www.example.com", of_type)))) {
      if (address.size() == (of_type == type::kA ? 4U : 16U)) result.insert(std::move(address));
    }
  }
  return result;
}

TEST(ServiceBindings, HaveTheHintsThatAAndAaaaMayBeAnsweredWith) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const RandomWorld world(seed);
    const std::array possible_now{possible(world.snapshot(), type::kA), possible(world.snapshot(), type::kAaaa)};
    std::array<Addresses, 2> hinted;
    Asker asker(world.snapshot());
    for (int i = 0; i < 60; ++i) {
      const auto records =
          answer_rdata(asker.ask_raw(dns::query_message("www.example.com", type::kHttps), {{}, Transport::tcp}));
      ASSERT_EQ(records.size(), world.record_count());
      for (const auto& rdata : records) {
        const ReadBinding binding = read_binding(rdata);
        for (const Family family : {Family::v4, Family::v6}) {
          if (!world.has_hint(binding.priority, family)) continue;
          const auto hint =
              binding.params.find(family == Family::v4 ? dns::svc_param::kIpv4Hint : dns::svc_param::kIpv6Hint);
          auto& all = hinted[static_cast<std::size_t>(family)];
          const bool has_addresses = !possible_now[static_cast<std::size_t>(family)].empty();
          ASSERT_EQ(hint != binding.params.end(), has_addresses) << "a hint is left out where there are no addresses";
          if (has_addresses) all.merge(split(hint->second, family == Family::v4 ? 4 : 16));
        }
        const auto mandatory = binding.params.find(dns::svc_param::kMandatory);
        for (std::size_t at = 0; mandatory != binding.params.end() && at < mandatory->second.size(); at += 2)
          EXPECT_TRUE(binding.params.contains(load_u16(mandatory->second.data() + at)));
      }
    }
    for (const std::size_t family : {0U, 1U}) {
      if (hinted[family].empty()) continue;  // no record has such a hint
      EXPECT_EQ(hinted[family], possible_now[family]);
    }
  }
}

}  // namespace
}  // namespace rhumb::answer
