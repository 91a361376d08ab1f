#include "control/operations_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::control {
namespace {

using namespace std::chrono_literals;
using health::Override;
using health::State;
using testing::HasSubstr;

constexpr int kRounds = 500;

// Values of every shape that may be written, from one seed.
class Values {
 public:
  explicit Values(std::uint64_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t bound) { return random_.below(bound); }
  bool boolean() { return below(2) == 0; }
  std::string text(std::uint32_t length_max) {
    static const std::vector<std::string> pieces = {"a", "-", "7", " ", "\"", "\\", "ü", "…", "😀", "/"};
    std::string text;
    for (std::uint32_t length = below(length_max + 1); length > 0; --length)
      text += pieces[below(static_cast<std::uint32_t>(pieces.size()))];
    return text;
  }
  std::string name() { return "n" + text(20); }
  health::Time time() { return health::Time(std::chrono::milliseconds(random_.next() % 253'402'300'800'000)); }
  double number() { return static_cast<double>(random_.next() >> 11) / static_cast<double>(1 + below(1'000'000)); }
  double share() { return static_cast<double>(below(1'000'001)) / 1'000'000; }
  std::uint64_t count() { return random_.next() >> below(64); }
  template <typename T>
  T one_of(T last) {
    return static_cast<T>(below(static_cast<std::uint32_t>(last) + 1));
  }
  template <typename Make>
  auto maybe(Make make) {
    return boolean() ? std::optional(make()) : std::nullopt;
  }

  health::Scope scope() {
    health::Scope scope{name()};
    if (boolean()) scope.service = name();
    if (!scope.service.empty() && boolean()) scope.instance = name();
    return scope;
  }
  // As somebody asks for it.
  Override word() {
    Override word{scope(), one_of(Override::Action::force_down), text(100), text(20),
                  {},      maybe([&] { return time(); })};
    if (word.action == Override::Action::drain) word.over = health::Duration(below(2'000'000'000));
    return word;
  }
  health::ProbeStatus probe() {
    health::ProbeStatus probe{name(), name(), one_of(State::down), boolean(), boolean()};
    probe.since = maybe([&] { return time(); });
    probe.last_at = maybe([&] { return time(); });
    probe.last_success = boolean();
    probe.evidence = text(50);
    probe.warning = text(50);
    probe.successes = count();
    probe.failures = count();
    probe.results_needed = static_cast<int>(below(100));
    probe.next_at = maybe([&] { return time(); });
    probe.average_ms = maybe([&] { return number(); });
    probe.median_ms = maybe([&] { return number(); });
    probe.p95_ms = maybe([&] { return number(); });
    probe.load = maybe([&] { return number(); });
    return probe;
  }
  health::InstanceStatus instance(std::size_t probe_count) {
    health::InstanceStatus instance{name(), name(), name(), one_of(State::down), boolean(), boolean()};
    instance.standing = one_of(health::Standing::forced_down);
    instance.share = share();
    instance.since = maybe([&] { return time(); });
    instance.until = maybe([&] { return time(); });
    instance.flap_penalty = number();
    instance.evidence = text(50);
    if (probe_count > 0) instance.probes.push_back(below(static_cast<std::uint32_t>(probe_count)));
    return instance;
  }
  health::Status status() {
    health::Status status;
    status.now = time();
    status.guard = text(20);
    for (std::uint32_t i = below(3); i > 0; --i)
      status.notes.push_back(text(20));
    for (std::uint32_t i = below(4); i > 0; --i)
      status.probes.push_back(probe());
    for (std::uint32_t i = below(4); i > 0; --i)
      status.instances.push_back(instance(status.probes.size()));
    for (std::uint32_t i = below(3); i > 0; --i) {
      status.overrides.push_back(word());
      status.overrides.back().since = time();
    }
    return status;
  }
  health::PushReport report() {
    return {{name(), name(), name()}, text(10), boolean() ? State::up : State::down, text(100)};
  }
  GivenOverride given() { return {word(), boolean()}; }
  // The body of one of the calls.
  std::string body() {
    switch (below(4)) {
      case 0:
        return to_json(given());
      case 1:
        return to_json(scope());
      case 2:
        return to_json(report());
      default:
        return to_json(status(), Layout::line);
    }
  }

 private:
  Random random_;
};

void expect_same(const health::ProbeStatus& a, const health::ProbeStatus& b) {
  EXPECT_EQ(std::tie(a.check, a.target, a.state, a.is_stale, a.is_held, a.since, a.last_at, a.last_success, a.evidence,
                     a.warning, a.successes, a.failures, a.results_needed, a.next_at, a.average_ms, a.median_ms,
                     a.p95_ms, a.load),
            std::tie(b.check, b.target, b.state, b.is_stale, b.is_held, b.since, b.last_at, b.last_success, b.evidence,
                     b.warning, b.successes, b.failures, b.results_needed, b.next_at, b.average_ms, b.median_ms,
                     b.p95_ms, b.load));
}

void expect_same(const health::InstanceStatus& a, const health::InstanceStatus& b) {
  EXPECT_EQ(std::tie(a.service, a.region, a.instance, a.state, a.is_checked, a.is_stale, a.standing, a.share, a.since,
                     a.until, a.flap_penalty, a.evidence, a.probes),
            std::tie(b.service, b.region, b.instance, b.state, b.is_checked, b.is_stale, b.standing, b.share, b.since,
                     b.until, b.flap_penalty, b.evidence, b.probes));
}

void expect_same(const health::Status& a, const health::Status& b) {
  EXPECT_EQ(a.now, b.now);
  EXPECT_EQ(a.guard, b.guard);
  EXPECT_EQ(a.notes, b.notes);
  EXPECT_EQ(a.overrides, b.overrides);
  ASSERT_EQ(a.probes.size(), b.probes.size());
  for (std::size_t i = 0; i < a.probes.size(); ++i)
    expect_same(a.probes[i], b.probes[i]);
  ASSERT_EQ(a.instances.size(), b.instances.size());
  for (std::size_t i = 0; i < a.instances.size(); ++i)
    expect_same(a.instances[i], b.instances[i]);
}

// Why `read` refuses `body`.
template <typename T>
std::string refusal(Decoded<T> (*read)(std::string_view), std::string_view body) {
  const auto decoded = read(body);
  EXPECT_FALSE(decoded.value) << body;
  return decoded.error;
}

TEST(OperationsJson, ReadsWhatIsAskedAsItWasWritten) {
  for (int seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE(seed);
    Values values(static_cast<std::uint64_t>(seed));
    const GivenOverride given = values.given();
    const auto read_given = read_override(to_json(given));
    ASSERT_TRUE(read_given.value) << read_given.error;
    EXPECT_EQ(*read_given.value, given);
    const health::Scope scope = values.scope();
    EXPECT_EQ(read_scope(to_json(scope)).value, scope);
    const health::PushReport report = values.report();
    const auto read = read_report(to_json(report));
    ASSERT_TRUE(read.value) << read.error;
    EXPECT_EQ(std::tie(read.value->scope, read.value->check, read.value->state, read.value->reason),
              std::tie(report.scope, report.check, report.state, report.reason));
  }
}

TEST(OperationsJson, ReadsAStatusAsItWasWritten) {
  for (int seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE(seed);
    const health::Status status = Values(static_cast<std::uint64_t>(seed)).status();
    const std::string line = to_json(status, Layout::line);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    for (const std::string& text : {line, to_json(status, Layout::indented)}) {
      const auto decoded = read_status(text);
      ASSERT_TRUE(decoded.value) << decoded.error << "\n" << text;
      expect_same(*decoded.value, status);
    }
  }
}

TEST(OperationsJson, HasTheKeysThatTheManualPromises) {
  EXPECT_EQ(
      to_json(GivenOverride{
          {{"eu-west", "www.example.com"}, Override::Action::drain, "disks", "ada", {}, health::Time(1s), 90s}, true}),
      R"({"region":"eu-west","service":"www.example.com","action":"drain",)"
      R"("reason":"disks","owner":"ada","until":"1970-01-01T00:00:01.000Z","over":90.0,"force":true})");
  health::Status status;
  status.instances = {{"www.example.com", "eu-west", "192.0.2.20", State::up, true}};
  status.instances[0].standing = health::Standing::held_down;
  EXPECT_EQ(to_json(status, Layout::line),
            R"({"now":"1970-01-01T00:00:00.000Z","guard":"","notes":[],"probes":[],"instances":[)"
            R"({"service":"www.example.com","region":"eu-west","instance":"192.0.2.20","state":"up","checked":true,)"
            R"("stale":false,"standing":"held_down","share":1.0,"flap_penalty":0.0,"evidence":"","probes":[]}],)"
            R"("overrides":[]})");
}

TEST(OperationsJson, WritesOctetsThatAreNoUtf8AsSomethingElse) {
  health::Status status;
  status.guard = "odd \xFF octet";
  const auto decoded = read_status(to_json(status, Layout::line));
  ASSERT_TRUE(decoded.value);
  EXPECT_EQ(decoded.value->guard, "odd \uFFFD octet");
}

TEST(OperationsJson, SaysWhatIsWrongWithWhatIsAsked) {
  EXPECT_EQ(refusal(read_scope, ""), "scope: not JSON");
  EXPECT_EQ(refusal(read_scope, "[]"), "scope: must be an object");
  EXPECT_EQ(refusal(read_scope, "{}"), "scope: \"region\" is missing");
  EXPECT_EQ(refusal(read_scope, R"({"region":7})"), "scope: \"region\" must be a text");
  EXPECT_EQ(refusal(read_scope, R"({"region":"a","verbose":true})"), "scope: \"verbose\" is not known here");
  EXPECT_EQ(refusal(read_scope, R"({"region":"a","instance":"b"})"), "scope: \"instance\" needs its \"service\"");
  EXPECT_EQ(refusal(read_override, R"({"region":"a","action":"drian"})"),
            R"(override: "action" must be one of "drain", "up", "down")");
  EXPECT_EQ(refusal(read_override, R"({"region":"a","action":"drain","ovre":1})"),
            "override: \"ovre\" is not known here (did you mean \"over\"?)");
  EXPECT_EQ(refusal(read_override, R"({"region":"a","action":"up","over":1})"),
            "override: \"over\" is only for a drain");
  EXPECT_THAT(refusal(read_override, R"({"region":"a","action":"drain","over":-1})"),
              HasSubstr("must be a number from 0 to"));
  EXPECT_THAT(refusal(read_override, R"({"region":"a","action":"drain","until":"18:00"})"),
              HasSubstr("\"until\" must be a time such as"));
  EXPECT_EQ(refusal(read_report, R"({"region":"a","service":"b","state":"up"})"), "report: \"instance\" is missing");
  EXPECT_THAT(refusal(read_report, R"({"region":"a","service":"b","instance":"c","state":"unknown"})"),
              HasSubstr("must be \"up\" or \"down\""));
}

TEST(OperationsJson, LimitsTheLengthOfTexts) {
  const auto with_reason = [](std::size_t length) {
    return to_json(GivenOverride{{{"a"}, Override::Action::drain, std::string(length, 'x')}});
  };
  EXPECT_TRUE(read_override(with_reason(health::kReasonMax)).value);
  EXPECT_EQ(refusal(read_override, with_reason(health::kReasonMax + 1)),
            "override: \"reason\" is longer than 500 octets");
  const std::string scope = R"({"region":"a"})";
  EXPECT_TRUE(read_scope(scope + std::string(kRequestMax - scope.size(), ' ')).value);
  EXPECT_EQ(refusal(read_scope, scope + std::string(kRequestMax + 1 - scope.size(), ' ')),
            "scope: longer than 65536 octets");
}

TEST(OperationsJson, RefusesControlCharactersInWordsForPeople) {
  for (const char* reason : {R"(a\nb)", R"(\u001b[31mred)", R"(\u007f)", R"(\u0085)", R"(\u0000)"}) {
    const std::string body = std::string(R"({"region":"a","action":"drain","reason":")") + reason + "\"}";
    EXPECT_THAT(refusal(read_override, body), HasSubstr("has control characters")) << reason;
  }
}

TEST(OperationsJson, PassesOverWhatANewerServerTells) {
  const auto decoded = read_status(
      R"({"now":"2026-11-25T18:00:00Z","guard":"","notes":[],"probes":[],"instances":[],"overrides":[],"mood":"good"})");
  EXPECT_TRUE(decoded.value) << decoded.error;
}

TEST(OperationsJson, RefusesProbesThatAreNotThere) {
  health::Status status;
  status.instances = {{"www.example.com", "eu-west", "192.0.2.20"}};
  status.instances[0].probes = {0};
  EXPECT_THAT(read_status(to_json(status, Layout::line)).error, HasSubstr("must be numbers of probes"));
}

// Either a value or an error, whatever comes; what is taken is written and read as the same again.
template <typename T, typename Write>
void expect_total(Decoded<T> (*read)(std::string_view), Write write, const std::string& body) {
  const auto decoded = read(body);
  ASSERT_NE(decoded.value.has_value(), !decoded.error.empty()) << body;
  if (!decoded.value) return;
  const std::string written = write(*decoded.value);
  const auto again = read(written);
  ASSERT_TRUE(again.value) << body;
  ASSERT_EQ(write(*again.value), written);
}
void expect_total(const std::string& body) {
  const auto write = [](const auto& value) { return to_json(value); };
  expect_total(read_override, write, body);
  expect_total(read_scope, write, body);
  expect_total(read_report, write, body);
  expect_total(
      read_status, [](const health::Status& status) { return to_json(status, Layout::line); }, body);
}

TEST(OperationsJson, IsTotalOnAnyOctets) {
  for (int seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE(seed);
    Values values(static_cast<std::uint64_t>(seed));
    std::string body(values.below(200), '\0');
    for (char& octet : body)
      octet = static_cast<char>(values.below(256));
    expect_total(body);
  }
  expect_total(std::string(kRequestMax, '['));
  expect_total(R"({"region":)" + std::string(kRequestMax / 2, '['));
}

TEST(OperationsJson, IsTotalOnMutatedBodies) {
  for (int seed = 0; seed < 4 * kRounds; ++seed) {
    SCOPED_TRACE(seed);
    Values values(static_cast<std::uint64_t>(seed));
    std::string line = values.body();
    for (std::uint32_t i = 1 + values.below(4); i > 0 && !line.empty(); --i) {
      const std::size_t at = values.below(static_cast<std::uint32_t>(line.size()));
      static constexpr std::string_view kOctets = "{}[]\",:0-9.eE tfn\\u\xC3\x00";
      switch (values.below(3)) {
        case 0:
          line[at] = kOctets[values.below(static_cast<std::uint32_t>(kOctets.size()))];
          break;
        case 1:
          line.erase(at, 1 + values.below(10));
          break;
        default:
          line.insert(at, line.substr(values.below(static_cast<std::uint32_t>(line.size())), values.below(20)));
      }
    }
    expect_total(line);
  }
}

}  // namespace
}  // namespace rhumb::control
