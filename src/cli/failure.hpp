// What a command says, on standard error, when it cannot do what it was asked to.
#pragma once

#include <string_view>

#include "base/problems.hpp"

namespace rhumb::cli {

inline constexpr int kFailed = 1;

// "rhumb drain: …". Gives kFailed, for `return fail(…)`.
int fail(std::string_view command, std::string_view message);

// Each problem in a line, warnings too. Gives `status`.
int fail(const Problems& problems, int status = kFailed);

}  // namespace rhumb::cli
