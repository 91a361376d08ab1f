// What came of a probe, in words for the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/error_code.hpp>

#include "health/check.hpp"
#include "health/time.hpp"

namespace rhumb::health {

struct Outcome {
  enum class Kind {
    success,
    failure,
    inconclusive,  // trouble on our own side, or cancelled: says nothing about the target
    no_opinion,    // nobody says any more how the target is: its state becomes unknown
  };
  Kind kind = Kind::inconclusive;
  // "HTTP 200 in 3ms", "connect: Connection refused", "timeout after 2s waiting for the response"
  std::string evidence;
  std::string warning = {};         // of what is well but will not stay so: "its certificate expires in 5 days"
  std::optional<double> load = {};  // what the instance tells of its load; 1 is its limit
  std::uint32_t taken_ms = 0;       // the response time: of the whole probe, the look-up of a name included
};

[[nodiscard]] Outcome success(std::string evidence);
[[nodiscard]] Outcome failure(std::string evidence);
[[nodiscard]] Outcome inconclusive(std::string evidence);
[[nodiscard]] Outcome cancelled();
// "timeout after 2s connecting", if that is the `activity`.
[[nodiscard]] Outcome timed_out(const Target& target, std::string_view activity);
// "connect: Connection refused", if that is the `activity`: a failure, or inconclusive if it is local trouble.
[[nodiscard]] Outcome failed_at(std::string_view activity, const boost::system::error_code& error);

// Whether an error of socket(2) or connect(2) is about this machine rather than about the target:
//   EMFILE ENFILE          out of file descriptors
//   ENOBUFS ENOMEM ENOSPC  out of memory, or of epoll watches (ENOSPC, epoll_ctl(2))
//   EADDRNOTAVAIL          out of ephemeral ports, or no address of that family
//   EAFNOSUPPORT           a kernel without IPv6
//   EACCES EPERM           a firewall or sandbox of ours forbids it (connect(2))
// ENETUNREACH and EHOSTUNREACH are not: routers report them too, and a target without a route serves nobody from here.
[[nodiscard]] bool is_local_trouble(const boost::system::error_code& error) noexcept;

// "200ms", "2s", "1.5s".
[[nodiscard]] std::string duration_text(std::uint64_t ms);
// The same; of what is over, "0ms".
[[nodiscard]] std::string duration_text(Duration duration);

}  // namespace rhumb::health
