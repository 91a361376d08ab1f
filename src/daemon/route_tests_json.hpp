// What came of tests of routes, for programs: `rhumb test --json`, and a server that is asked to run them.
#pragma once

#include <span>
#include <string>

#include "daemon/explanation.hpp"
#include "daemon/route_tests.hpp"

namespace rhumb::daemon {

// Of `grounds` the board is not looked at: each result has its own.
[[nodiscard]] Explanation explain(const RouteTestResult& result, Grounds grounds);

// {"passed": 1, "failed": 1, "tests": […]}, indented, with all that led to what was not expected (docs/testing.md).
[[nodiscard]] std::string to_json(std::span<const RouteTestResult> results, const Grounds& grounds);

}  // namespace rhumb::daemon
