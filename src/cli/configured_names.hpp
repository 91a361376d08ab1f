// The names in a configuration, for who completes a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/completion.hpp"

namespace rhumb::cli {

// Of `value` as in NamesOf, in the order of the configuration, from what can be read of it, whatever else is wrong with
// it; instances are those of the service, or of all. Nothing when it is larger than a shell would wait for.
[[nodiscard]] std::vector<std::string> configured_names(std::string_view value, const Context& context);

}  // namespace rhumb::cli
