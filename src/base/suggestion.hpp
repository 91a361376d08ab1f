// "Did you mean": the known name that somebody probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rhumb {

// " (did you mean \"eu-west\"?)" when one of the names is close to `text`, otherwise nothing.
[[nodiscard]] std::string suggestion(std::string_view text, const std::vector<std::string_view>& names);

}  // namespace rhumb
