#include "cli/failure.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace rhumb::cli {

int fail(std::string_view command, std::string_view message) {
  fmt::print(stderr, "rhumb {}: {}\n", command, message);
  return kFailed;
}

int fail(const Problems& problems, int status) {
  for (const Problem& problem : problems.all())
    fmt::print(stderr, "{}\n", problem.to_string());
  return status;
}

}  // namespace rhumb::cli
