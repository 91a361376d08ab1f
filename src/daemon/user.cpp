#include "daemon/user.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <grp.h>
#include <pwd.h>

namespace rhumb::daemon {
namespace {

// A line of passwd(5); directories of users have longer ones.
constexpr std::size_t kEntryUsual = 1'024;
constexpr std::size_t kEntryMax = 1'024 * 1'024;

void require(bool is_done, const std::string& what) {
  if (!is_done) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::optional<User> find_user(const std::string& name) {
  std::vector<char> texts(kEntryUsual);
  passwd entry{};
  passwd* found = nullptr;
  int error = 0;
  while ((error = getpwnam_r(name.c_str(), &entry, texts.data(), texts.size(), &found)) == ERANGE &&
         texts.size() < kEntryMax) {
    texts.resize(2 * texts.size());
  }
  if (found != nullptr) return User{found->pw_name, found->pw_dir, found->pw_uid, found->pw_gid};
  // getpwnam(3) lists these for a name that is not there.
  if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return std::nullopt;
  throw std::system_error(error, std::generic_category(), "the user " + name + " cannot be looked up");
}

void become(const User& user, Capabilities kept) {
  const std::string what = "cannot become the user " + user.name;
  require(initgroups(user.name.c_str(), user.group) == 0, what);
  require(setresgid(user.group, user.group, user.group) == 0, what);
  require(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, what);
  require(setresuid(user.id, user.id, user.id) == 0, what);
  require(prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0, what);
  keep_capabilities(kept);
#ifdef RHUMB_ADDRESS_SANITIZER
  require(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, what);  // the leak sanitizer looks at it from outside
#endif
  setenv("HOME", user.home.c_str(), 1);
  setenv("USER", user.name.c_str(), 1);
  setenv("LOGNAME", user.name.c_str(), 1);
}

}  // namespace rhumb::daemon
