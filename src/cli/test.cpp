#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "daemon/route_tests_json.hpp"

namespace rhumb::cli {
namespace {

constexpr int kCannotRead = 2;

void print_failure(const daemon::RouteTestResult& result, const daemon::Grounds& grounds) {
  Problems failures;
  report_failures(result, failures);
  for (const Problem& failure : failures.all())
    fmt::print("{}\n", failure.to_string());
  fmt::print("\n{}\n", to_text(explain(result, grounds)));
}

void print_text(const std::vector<daemon::RouteTestResult>& results, std::size_t passed,
                const daemon::Grounds& grounds) {
  for (const daemon::RouteTestResult& result : results) {
    if (!result.has_passed()) print_failure(result, grounds);
  }
  fmt::print("{} of {} passed\n", passed, results.size());
}

// Throws nlohmann's exceptions when it is of another form.
void print_failures(const nlohmann::json& results) {
  for (const auto& test : results.at("tests")) {
    if (test.at("passed").get<bool>()) continue;
    for (const auto& failure : test.at("failures")) {
      fmt::print("{}: \"{}\": expected {}, came {}\n", test.at("place").get<std::string>(),
                 test.at("name").get<std::string>(), failure.at("expected").get<std::string>(),
                 failure.at("came").get<std::string>());
    }
  }
}

int ask_server(const TestOptions& options) {
  if (!options.tests_file.empty()) throw std::runtime_error("a server runs its own tests: leave out FILE");
  const auto states = options.has_current_states ? control::TestStates::current : control::TestStates::assumed;
  const std::string text = connect(options.server)->run_tests(states);
  const auto results = nlohmann::json::parse(text);
  const auto passed = results.at("passed").get<std::size_t>();
  const auto failed = results.at("failed").get<std::size_t>();
  if (options.as_json) {
    fmt::print("{}", text);
  } else {
    print_failures(results);
    fmt::print("{} of {} passed\n", passed, passed + failed);
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int test(const TestOptions& options) {
  if (options.server.is_asked()) return ask_server(options);
  if (options.tests_file.empty()) throw std::runtime_error("FILE is required, unless a server is asked (--running)");
  Problems of_load;
  auto loaded = daemon::load_unasserted(options.server.config_file, daemon::Secrets{}, nullptr, of_load);
  if (!loaded) return fail(of_load, kCannotRead);
  Problems of_tests;
  const auto tests = daemon::read_route_tests(options.tests_file, *loaded, of_tests);
  if (!tests) return fail(of_tests, kCannotRead);

  const auto results = daemon::run_route_tests(*loaded, *tests);
  const auto passed = static_cast<std::size_t>(std::ranges::count_if(results, &daemon::RouteTestResult::has_passed));
  const health::Board unknown(loaded->plan.instances.size());
  const daemon::Grounds grounds = grounds_of(*loaded, unknown);
  if (options.as_json) {
    fmt::print("{}\n", to_json(results, grounds));
  } else {
    print_text(results, passed, grounds);
  }
  return passed == results.size() ? 0 : 1;
}

}  // namespace rhumb::cli
