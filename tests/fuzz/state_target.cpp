#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "fuzz/require.hpp"
#include "fuzz/targets.hpp"
#include "health/state_file.hpp"
#include "health/verdicts.hpp"

namespace rhumb::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr health::Time kNow{1'700'000'000s};

// The line that goes before the body in a file that is whole: no fuzzer would guess it.
std::string header_of(std::string_view body) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data());
  std::string header = fmt::format("rhumb-state {} {} ", health::kStateFileVersion, body.size());
  for (const unsigned char octet : digest)
    header += fmt::format("{:02x}", octet);
  return header + "\n";
}

// One of each thing that the seeds remember something of.
health::Plan make_plan() {
  health::Plan plan;
  plan.regions = {"eu"};
  plan.services = {{"www"}};
  plan.services[0].failback = {30s, 60s, false, {2, 0.75, 60s, 600s}};
  plan.services[0].load = {0.6, 0.9};
  plan.services[0].regions_min = 1;
  plan.instances = {{0, 0, "192.0.2.1", health::Condition{}}};
  plan.probes = {{{}, IpAddress::v4(0xC0000201U), {}, {}, {}, "http"}};
  return plan;
}

// Whatever is remembered, an engine goes on from it, and comes to rest.
void check_engine(const health::Memory& memory) {
  health::Verdicts verdicts(make_plan(), memory, kNow);
  verdicts.record(0, health::success("HTTP 200"), kNow);
  health::Time now = kNow;
  for (int i = 0; i < 100 && verdicts.next() <= kNow + 1h; ++i) {
    require(verdicts.next() > now || i == 0, "what was due is done");
    now = std::max(now, verdicts.next());
    verdicts.advance(now);
    require(verdicts.board()->read(0).share <= kFullShare, "a share is at most all");
  }
  (void)verdicts.status(now);
}

void check(std::string_view octets) {
  const health::DecodedState decoded = health::decode_state(octets);
  require(decoded.memory.has_value() == decoded.problem.empty(), "it is taken, or it is said why not");
  if (!decoded.memory) return;
  const health::DecodedState again = health::decode_state(health::encode_state(*decoded.memory));
  require(again.memory == decoded.memory, "what was read is written as it was");
  check_engine(*decoded.memory);
}

}  // namespace

void fuzz_state(Bytes input) {
  const std::string body(input.begin(), input.end());
  check(body);
  check(header_of(body) + body);
}

}  // namespace rhumb::fuzz
