#include "daemon/descriptors.hpp"

#include <sys/resource.h>

#include <fmt/format.h>

namespace rhumb::daemon {
namespace {

// A UDP and a TCP socket for each endpoint and thread; what each TCP thread waits with; the control channel's
// connections, and what is read, written and logged.
std::size_t besides_clients(const DescriptorNeeds& needs) {
  constexpr std::size_t kOthers = 192;
  return (2 * needs.endpoints + 2) * needs.threads + needs.probes + kOthers;
}

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::optional<std::string> descriptor_shortage(std::size_t limit, const DescriptorNeeds& needs) {
  const std::size_t others = besides_clients(needs);
  if (needs.connections + others <= limit) return std::nullopt;
  return fmt::format(
      "{} TCP connections and {} other descriptors may be needed, and this process may have {}: when they run out, the "
      "most idle connections are closed. Raise the hard limit (LimitNOFILE= of systemd, ulimit -Hn) or lower "
      "\"connections\" of \"tcp\"",
      needs.connections, others, limit);
}

}  // namespace rhumb::daemon
