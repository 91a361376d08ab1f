#include "daemon/route_tests_json.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

namespace rhumb::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json answer_json(const RouteAnswer& answer) {
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

Json result_json(const RouteTestResult& result, const Grounds& grounds) {
  Json json{{"name", result.name}, {"place", result.place}, {"passed", result.has_passed()}};
  json["answer"] = answer_json(result.answer);
  if (result.has_passed()) return json;
  json["failures"] = Json::array();
  for (const Mismatch& mismatch : result.mismatches)
    json["failures"].push_back({{"expected", mismatch.expected}, {"came", mismatch.came}});
  json["decision"] = Json::parse(to_json(explain(result, grounds)));
  return json;
}

}  // namespace

Explanation explain(const RouteTestResult& result, Grounds grounds) {
  grounds.board = result.board.get();
  return explain(result.question, result.reply, grounds);
}

std::string to_json(std::span<const RouteTestResult> results, const Grounds& grounds) {
  const auto passed = static_cast<std::size_t>(std::ranges::count_if(results, &RouteTestResult::has_passed));
  Json json{{"passed", passed}, {"failed", results.size() - passed}};
  json["tests"] = Json::array();
  for (const RouteTestResult& result : results)
    json["tests"].push_back(result_json(result, grounds));
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rhumb::daemon
