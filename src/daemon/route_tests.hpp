// Answers as tests: a file of assertions about what the server would answer, and to whom.
//
// `rhumb test` runs such a file. The one that a configuration names as its "assertions" is run by every load of it, and
// a failure refuses the load. docs/testing.md describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.hpp"
#include "base/problems.hpp"
#include "daemon/loader.hpp"
#include "daemon/trial.hpp"

namespace rhumb::daemon {

// So many, each of 32 answers, make a load 0.8 s longer.
inline constexpr std::size_t kRouteTestsMax = 10'000;
// Picks are drawn at random, and what a test expects must hold however they fall. An instance that is drawn one time in
// four is missed by all of so many draws with a probability of 1 in 10,000.
inline constexpr std::uint64_t kRouteTestSeeds = 32;

struct ScopeBounds {
  int min;
  int max;
};

// What is not expected is empty.
struct Expectations {
  std::vector<std::string> regions;                 // the answer comes from these and no others
  std::vector<std::string> not_regions;             // it comes from none of these
  std::optional<std::vector<IpAddress>> addresses;  // it has no others, and at least one unless this is empty
  std::optional<std::vector<dns::Name>> targets;    // the same of the names that services led to
  std::optional<ScopeBounds> scope;
  std::optional<dns::Rcode> rcode;
};

struct RouteTest {
  std::string place;  // "routes.test.json: /tests/0"
  std::string name;
  Question question;
  std::vector<std::string> down;  // regions assumed down; all else counts as up
  Expectations expect;
};

// The tests in `file`, for `snapshot` and the databases that it was made with: regions and clients are looked up there;
// the databases are read if they have to be. Everything that is wrong is in `problems`, with its place; nothing when
// there was an error.
[[nodiscard]] std::optional<std::vector<RouteTest>> read_route_tests(const std::filesystem::path& file,
                                                                     const answer::Snapshot& snapshot,
                                                                     GeoDatabases& databases, Problems& problems);
[[nodiscard]] inline std::optional<std::vector<RouteTest>> read_route_tests(const std::filesystem::path& file,
                                                                            Loaded& loaded, Problems& problems) {
  return read_route_tests(file, *loaded.snapshot, loaded.databases, problems);
}

// Of one answer, what expectations are about.
struct RouteAnswer {
  std::vector<std::string> regions;  // that it comes from, each once
  std::vector<IpAddress> addresses;  // A, AAAA and hints in its answer section, in their order
  std::vector<dns::Name> targets;    // names that services led to
  int scope_bits;                    // the longest on the way; 0 for what is not steered
  dns::Rcode rcode;
};

struct Mismatch {
  std::string expected;  // "a region of eu-west"
  std::string came;      // "us-east"
};

struct RouteTestResult {
  std::string place;
  std::string name;
  Question question;
  std::vector<Mismatch> mismatches;            // of the first answer that has any; none: passed
  RouteAnswer answer;                          // that answer, or the first one
  Reply reply;                                 // the same with all that led to it; points into the snapshot
  std::shared_ptr<const health::Board> board;  // the states that it was made with

  [[nodiscard]] bool has_passed() const noexcept { return mismatches.empty(); }
};

// One result a test, in their order: with the states of `base`, but what a test assumes down. Lends the snapshot boards
// and leaves it without one, as load() does.
[[nodiscard]] std::vector<RouteTestResult> run_route_tests(answer::Snapshot& snapshot, const health::Board& base,
                                                           std::span<const RouteTest> tests);
// With all up that a test does not assume down.
[[nodiscard]] std::vector<RouteTestResult> run_route_tests(Loaded& loaded, std::span<const RouteTest> tests);

// `"Paris goes to eu-west": expected a region of eu-west, came us-east`, with the test's place as the place: one error
// for each mismatch.
void report_failures(const RouteTestResult& result, Problems& problems);

}  // namespace rhumb::daemon
