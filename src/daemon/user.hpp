// Becoming another user, for good.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/capabilities.hpp"

namespace rhumb::daemon {

struct User {
  std::string name;
  std::string home;
  uid_t id = 0;
  gid_t group = 0;
};

// Nothing when there is none of that name. Throws std::system_error when that cannot be found out.
[[nodiscard]] std::optional<User> find_user(const std::string& name);

// Makes the process of root that user's, with all of his groups and HOME, USER and LOGNAME as he has them, and with
// those of `kept` that root has here, which programs that it starts do not get. Once, while there is one thread. Throws
// std::system_error; the process should then end.
void become(const User& user, Capabilities kept);

}  // namespace rhumb::daemon
