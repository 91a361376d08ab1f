#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/explanation.hpp"
#include "cli/failure.hpp"
#include "daemon/route_tests.hpp"

namespace rhumb::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kCannotRead = 2;

// Shows `loaded` the states that the answer was made with.
Explanation explain_result(const daemon::RouteTestResult& result, daemon::Loaded& loaded) {
  loaded.snapshot->board = result.board;
  Explanation explanation = explain_decision(result.reply.decision, loaded, result.reply.message);
  explanation.name = result.question.name.to_text();
  explanation.type = dns::type_to_text(result.question.type);
  if (const auto& resolver = result.question.resolver) explanation.resolver = resolver->to_string();
  return explanation;
}

void print_failure(const daemon::RouteTestResult& result, daemon::Loaded& loaded) {
  Problems failures;
  report_failures(result, failures);
  for (const Problem& failure : failures.all())
    fmt::print("{}\n", failure.to_string());
  fmt::print("\n{}\n", to_text(explain_result(result, loaded)));
}

Json answer_json(const daemon::RouteAnswer& answer) {
  Json json{{"region", answer.regions.empty() ? Json(nullptr) : Json(answer.regions.front())}};
  if (answer.regions.size() > 1) json["all_regions"] = answer.regions;
  json["addresses"] = Json::array();
  for (const IpAddress address : answer.addresses)
    json["addresses"].push_back(address.to_string());
  for (const dns::Name& target : answer.targets)
    json["targets"].push_back(target.to_text());
  json["scope_bits"] = answer.scope_bits;
  json["rcode"] = dns::rcode_to_text(answer.rcode);
  return json;
}

Json result_json(const daemon::RouteTestResult& result, daemon::Loaded& loaded) {
  Json json{{"name", result.name}, {"place", result.place}, {"passed", result.has_passed()}};
  json["answer"] = answer_json(result.answer);
  if (result.has_passed()) return json;
  json["failures"] = Json::array();
  for (const daemon::Mismatch& mismatch : result.mismatches)
    json["failures"].push_back({{"expected", mismatch.expected}, {"came", mismatch.came}});
  json["decision"] = Json::parse(to_json(explain_result(result, loaded)));
  return json;
}

void print_json(const std::vector<daemon::RouteTestResult>& results, std::size_t passed, daemon::Loaded& loaded) {
  Json json{{"passed", passed}, {"failed", results.size() - passed}};
  json["tests"] = Json::array();
  for (const daemon::RouteTestResult& result : results)
    json["tests"].push_back(result_json(result, loaded));
  fmt::print("{}\n", json.dump(2));
}

void print_text(const std::vector<daemon::RouteTestResult>& results, std::size_t passed, daemon::Loaded& loaded) {
  for (const daemon::RouteTestResult& result : results) {
    if (!result.has_passed()) print_failure(result, loaded);
  }
  fmt::print("{} of {} passed\n", passed, results.size());
}

}  // namespace

int test(const TestOptions& options) {
  Problems of_load;
  auto loaded = daemon::load_unasserted(options.config_file, daemon::Secrets{}, nullptr, of_load);
  if (!loaded) return fail(of_load, kCannotRead);
  Problems of_tests;
  const auto tests = daemon::read_route_tests(options.tests_file, *loaded, of_tests);
  if (!tests) return fail(of_tests, kCannotRead);

  const auto results = daemon::run_route_tests(*loaded, *tests);
  const auto passed = static_cast<std::size_t>(std::ranges::count_if(results, &daemon::RouteTestResult::has_passed));
  if (options.as_json) {
    print_json(results, passed, *loaded);
  } else {
    print_text(results, passed, *loaded);
  }
  return passed == results.size() ? 0 : 1;
}

}  // namespace rhumb::cli
