#include "daemon/capabilities.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <linux/capability.h>

namespace rhumb::daemon {
namespace {

// The kernel's own form: two words of 32 bits each.
using Words = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

constexpr unsigned kWordBits = 32;

__user_cap_header_struct header_of_this_thread() {
  return {_LINUX_CAPABILITY_VERSION_3, 0};
}

void require(long status) {
  if (status != 0) throw std::system_error(errno, std::generic_category(), "the capabilities cannot be limited");
}

}  // namespace

Capabilities permitted_capabilities() {
  __user_cap_header_struct header = header_of_this_thread();
  Words words{};
  require(syscall(SYS_capget, &header, words.data()));
  return Capabilities{words[1].permitted} << kWordBits | words[0].permitted;
}

void keep_capabilities(Capabilities kept) {
  kept &= permitted_capabilities();
  __user_cap_header_struct header = header_of_this_thread();
  Words words{};
  for (unsigned i = 0; i < words.size(); ++i) {
    const auto word = static_cast<std::uint32_t>(kept >> (i * kWordBits));
    words[i] = {word, word, word};
  }
  require(syscall(SYS_capset, &header, words.data()));
  require(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

void pass_capabilities_on() noexcept {
  for (unsigned number = 0; number <= CAP_LAST_CAP; ++number)
    static_cast<void>(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0));
}

}  // namespace rhumb::daemon
