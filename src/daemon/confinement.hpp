// What a server of this configuration may do: as whom, with which of root's powers, and which system calls it gives up.
//
// Nothing here needs root once the server is another user: sockets on ports below 1024 are bound with a capability of
// their own, also those that a successor binds later, and all else, files and directories, is that user's, so that what
// he may not do is found at the start and not when it is first needed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace rhumb::daemon {

// If this process is root's and the configuration names a user, it is that user's from now on. Otherwise nothing has
// changed. False when it should be and cannot, which has then been logged. Once, while there is one thread.
[[nodiscard]] bool take_user(const std::filesystem::path& config_file);

// Gives up, unless it is root, all capabilities that this configuration has no use for; says so if it is root, or not
// the user that it should be. For this thread and those that it starts from now on.
void limit_capabilities(const config::Config& config);

// Enters the sandbox, unless the configuration wants none. For this thread and those that it starts from now on.
// Throws std::runtime_error when there must be one and it cannot be set up; where there need not be, that is logged.
void confine(const config::Config& config);

// What a process that was started with the configuration `started` has given up and `wanted` needs, for people.
[[nodiscard]] std::vector<std::string> missing_powers(const config::Config& started, const config::Config& wanted);

}  // namespace rhumb::daemon
