// The queries that cost most, whether by chance or because somebody chose them. `./dev bench scale worst` sets them
// against a plain answer: none should cost more than three times as much.
//
// Each case says what must come of its query, and is skipped with an error if something else does: a case that has
// become another one measures nothing.
#include <fmt/format.h>

#include "answering.hpp"

namespace rhumb::answer {
namespace {

constexpr std::uint32_t kZones = 10'000;
constexpr std::size_t kDeepLabels = 126;  // above an apex of one label: a name of 127 labels and 255 octets
constexpr int kChain = 16;
constexpr int kNameServers = 13;

// "1.1.1.": `count` labels of one octet.
std::string labels(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += "1.";
  return text;
}

// Four labels that fill 255 octets with the apex "w": `first` begins the first one.
std::string longest_name(const std::string& first) {
  return first + std::string(63 - first.size(), 'x') + "." + std::string(63, 'y') + "." + std::string(63, 'z') + "." +
         std::string(59, 'v') + ".w";
}

// One zone with all that is costly in it.
std::string worst_records() {
  std::string text;
  text += "$ORIGIN w.\n";
  text += labels(kDeepLabels) + "w. A 192.0.2.1\n";
  text += "*.2." + labels(100) + "w. A 192.0.2.1\n";
  text += longest_name("a") + ". A 192.0.2.1\n";
  text += "below.ent.ent.ent A 192.0.2.1\n*.wild A 192.0.2.1\nbelow.blocked.wild A 192.0.2.1\n";
  for (int i = 1; i < kChain; ++i)
    text += fmt::format("chain-{} CNAME chain-{}\n", i, i + 1);
  text += fmt::format("chain-{} A 192.0.2.1\n", kChain);
  for (int i = 0; i < kNameServers; ++i)
    text += fmt::format("cut NS ns-{0}.cut\nns-{0}.cut A 192.0.2.{0}\nns-{0}.cut AAAA 2001:db8::{0}\n", i);
  for (int i = 0; i < 60; ++i)
    text += fmt::format("large A 198.18.0.{}\n", i);
  text += "tree DNAME host\n";
  return text;
}

const Snapshot& worst() {
  static const Snapshot made = [] {
    Snapshot result{zone::Zones({load_zone("w", worst_records())}, kSeed), {}, {}, std::make_shared<health::Board>(0)};
    result.settings.identity = "ns1.bench.example";
    result.settings.cookies = dns::CookieSecrets::derived_from({1, 2, 3});
    return result;
  }();
  return made;
}

// As snapshot(), but with cookies and an identity.
const Snapshot& with_options() {
  static const Snapshot made = [] {
    Snapshot result = snapshot();
    result.settings.identity = "ns1.bench.example";
    result.settings.cookies = dns::CookieSecrets::derived_from({1, 2, 3});
    return result;
  }();
  return made;
}

// Many zones below one, with names that all end alike.
const Snapshot& many_zones() {
  static const Snapshot made = [] {
    std::vector<std::shared_ptr<const zone::Zone>> zones{load_zone("shared.example", "")};
    for (std::uint32_t i = 0; i < kZones; ++i)
      zones.push_back(load_zone(fmt::format("zone-{}.shared.example", i), "www A 192.0.2.1\n"));
    return Snapshot{zone::Zones(std::move(zones), kSeed), {}, {}, std::make_shared<health::Board>(0)};
  }();
  return made;
}

// What must come of the first query of a case.
struct Expected {
  int rcode;  // -1: no response at all
  int answers = 0;
};

bool is_as_expected(benchmark::State& state, const Snapshot& answering, const dns::Message& query, Expected expected) {
  std::array<std::uint8_t, dns::kUdpPayloadMax> response{};
  Random random(kSeed);
  const std::size_t size = answer(answering, kClient, query, response, random);
  const int rcode = size == 0 ? -1 : response[3] & 0x0F;
  const int answers = size == 0 ? 0 : response[6] << 8 | response[7];
  if (rcode == expected.rcode && answers == expected.answers) return true;
  const std::string message =
      fmt::format("rcode {} and {} answers, not {} and {}", rcode, answers, expected.rcode, expected.answers);
  state.SkipWithError(message.c_str());
  return false;
}

void measure(benchmark::State& state, const Snapshot& answering, const std::vector<dns::Message>& queries,
             Expected expected) {
  if (is_as_expected(state, answering, queries.front(), expected)) answer_in_turn(state, answering, queries);
}

// One name, asked for again and again.
void measure(benchmark::State& state, const std::string& name, Expected expected, dns::Type type = dns::type::kA) {
  measure(state, worst(), {dns::query_message(name, type)}, expected);
}

// The plain answer that the others are set against.
void BM_Plain(benchmark::State& state) {
  measure(state, snapshot(),
          make_queries([](Random& random) { return dns::query_message(random_host(random), dns::type::kA); }), {0, 1});
}

// ------------------------------------------------------------------------------------------------- long and deep

void BM_LongestName(benchmark::State& state) {
  measure(state, longest_name("a"), {0, 1});
}

void BM_LongestNameThatIsMissing(benchmark::State& state) {
  measure(state, worst(), make_queries([](Random& random) {
            return dns::query_message(longest_name(std::to_string(random.next())), dns::type::kA);
          }),
          {3});
}

void BM_127Labels(benchmark::State& state) {
  measure(state, labels(kDeepLabels) + "w", {0, 1});
}

// The closest encloser is the apex: one probe a label, since the zone has a name that is as deep.
void BM_127LabelsThatAreMissing(benchmark::State& state) {
  measure(state, worst(), make_queries([](Random& random) {
            return dns::query_message(labels(kDeepLabels - 1) + std::to_string(random.below(8) + 2) + ".w",
                                      dns::type::kA);
          }),
          {3});
}

void BM_DeepWildcard(benchmark::State& state) {
  measure(state, labels(22) + "3.2." + labels(100) + "w", {0, 1});
}

void BM_EmptyNonTerminal(benchmark::State& state) {
  measure(state, "ent.ent.ent.w", {0});
}

void BM_DeepEmptyNonTerminal(benchmark::State& state) {
  measure(state, labels(60) + "w", {0});
}

// RFC 4592 §3.3.1: what exists below keeps the wildcard above it from matching.
void BM_WildcardThatIsBlocked(benchmark::State& state) {
  measure(state, "missing.blocked.wild.w", {3});
}

// ------------------------------------------------------------------------------------------------- large answers

void BM_ChainOf16(benchmark::State& state) {
  measure(state, "chain-1.w", {0, kChain});
}

void BM_ReferralWithGlue(benchmark::State& state) {
  measure(state, "www.cut.w", {0});
}

void BM_60AddressesInTruncated(benchmark::State& state) {
  measure(state, "large.w", {0});
}

void BM_60Addresses(benchmark::State& state) {
  auto query = dns::query_message("large.w", dns::type::kA);
  dns::append_opt(query, {});
  measure(state, worst(), {query}, {0, 60});
}

void BM_Dname(benchmark::State& state) {
  measure(state, "www.tree.w", {3, 2});
}

void BM_CookieEcsNsid(benchmark::State& state) {
  measure(state, with_options(), make_queries([](Random& random) {
            auto query = dns::query_message("www.bench.example", dns::type::kA);
            auto options = random_subnet(random);
            dns::append(options, {0, 3, 0, 0});
            dns::append(options,
                        {0, 10, 0, 24, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
            dns::append_opt(query, options);
            return query;
          }),
          {0, 2});
}

// ------------------------------------------------------------------------------------------------- many zones

void BM_ManyZones(benchmark::State& state) {
  measure(state, many_zones(), make_queries([](Random& random) {
            return dns::query_message(fmt::format("www.zone-{}.shared.example", random.below(kZones)), dns::type::kA);
          }),
          {0, 1});
}

void BM_ManyZonesNoName(benchmark::State& state) {
  measure(state, many_zones(), make_queries([](Random& random) {
            return dns::query_message(fmt::format("{:x}.zone-{}.shared.example", random.next(), random.below(kZones)),
                                      dns::type::kA);
          }),
          {3});
}

void BM_ManyZonesNotOurs(benchmark::State& state) {
  measure(state, many_zones(), make_queries([](Random& random) {
            return dns::query_message(fmt::format("www.zone-{}.example", random.below(kZones)), dns::type::kA);
          }),
          {5});
}

// ------------------------------------------------------------------------------------------------- malformed

constexpr int kFormErr = 1;
constexpr int kNotImp = 4;
constexpr int kDropped = -1;

// Of a sound query for a random host, what `spoil` makes.
template <typename Spoil>
void measure_spoilt(benchmark::State& state, int rcode, Spoil spoil) {
  measure(state, with_options(), make_queries([&](Random& random) {
            auto query = geo_ecs_query(random);
            spoil(query);
            return query;
          }),
          {rcode});
}

void BM_CutOffHeader(benchmark::State& state) {
  measure_spoilt(state, kDropped, [](dns::Message& query) { query.resize(11); });
}

void BM_Response(benchmark::State& state) {
  measure_spoilt(state, kDropped, [](dns::Message& query) { query[2] |= 0x80; });
}

void BM_CutOffQuestion(benchmark::State& state) {
  measure_spoilt(state, kFormErr, [](dns::Message& query) { query.resize(20); });
}

void BM_PointerInQuestion(benchmark::State& state) {
  measure_spoilt(state, kFormErr, [](dns::Message& query) { query[12] = 0xC0; });
}

void BM_TwoQuestions(benchmark::State& state) {
  measure_spoilt(state, kFormErr, [](dns::Message& query) { query[5] = 2; });
}

void BM_TwoOpts(benchmark::State& state) {
  measure_spoilt(state, kFormErr, [](dns::Message& query) { dns::append_opt(query, {}); });
}

void BM_CutOffOpt(benchmark::State& state) {
  measure_spoilt(state, kFormErr, [](dns::Message& query) { query.pop_back(); });
}

void BM_UnknownOpcode(benchmark::State& state) {
  measure_spoilt(state, kNotImp, [](dns::Message& query) { query[2] = 15 << 3; });
}

// As long as the kernel hands on: a thousand options of no length.
void BM_ThousandOptions(benchmark::State& state) {
  auto query = dns::query_message("host-1.bench.example", dns::type::kA);
  dns::Message options;
  for (int i = 0; i < 1'000; ++i)
    dns::append(options, {0xFD, 0xE9, 0, 0});
  dns::append_opt(query, options);
  measure(state, with_options(), {query}, {0, 1});
}

BENCHMARK(BM_Plain);
BENCHMARK(BM_LongestName);
BENCHMARK(BM_LongestNameThatIsMissing);
BENCHMARK(BM_127Labels);
BENCHMARK(BM_127LabelsThatAreMissing);
BENCHMARK(BM_DeepWildcard);
BENCHMARK(BM_EmptyNonTerminal);
BENCHMARK(BM_DeepEmptyNonTerminal);
BENCHMARK(BM_WildcardThatIsBlocked);
BENCHMARK(BM_ChainOf16);
BENCHMARK(BM_ReferralWithGlue);
BENCHMARK(BM_60AddressesInTruncated);
BENCHMARK(BM_60Addresses);
BENCHMARK(BM_Dname);
BENCHMARK(BM_CookieEcsNsid);
BENCHMARK(BM_ManyZones);
BENCHMARK(BM_ManyZonesNoName);
BENCHMARK(BM_ManyZonesNotOurs);
BENCHMARK(BM_CutOffHeader);
BENCHMARK(BM_Response);
BENCHMARK(BM_CutOffQuestion);
BENCHMARK(BM_PointerInQuestion);
BENCHMARK(BM_TwoQuestions);
BENCHMARK(BM_TwoOpts);
BENCHMARK(BM_CutOffOpt);
BENCHMARK(BM_UnknownOpcode);
BENCHMARK(BM_ThousandOptions);

}  // namespace
}  // namespace rhumb::answer
