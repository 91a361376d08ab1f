// File descriptors: how many the process may have, and how many it may come to need. Each connection and each probe
// takes one, and the usual soft limit is 1,024.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace rhumb::daemon {

// Raises the soft limit (RLIMIT_NOFILE) to the hard one, and returns that.
std::size_t raise_descriptor_limit();

// What may be open at once.
struct DescriptorNeeds {
  std::size_t connections = 0;  // over TCP, as many as the limit allows
  std::size_t endpoints = 0;    // that are listened on
  std::size_t threads = 0;      // for each of them
  std::size_t probes = 0;       // in flight
};

// Nothing when all of it fits into `limit`. Otherwise what to do about it, for an operator.
[[nodiscard]] std::optional<std::string> descriptor_shortage(std::size_t limit, const DescriptorNeeds& needs);

}  // namespace rhumb::daemon
