// How a thread that prepares what will be served makes way for those that serve.
#pragma once

#include <sys/resource.h>

namespace rhumb::daemon {

// Beside a thread that answers, whose priority is the usual one, a tenth of a core, and all of it when nobody else
// needs it. Reading a zone of 100,000 names and the city databases on a core that answers half of what it can made
// queries wait 110 ms and lost 4 % of them when it had half the core; with a tenth, the 99th percentile is 1.5 times as
// long as without a reload. With less, reading might take many minutes on a busy core.
inline constexpr int kReadingPriority = 10;

// Of the calling thread and those that it starts from now on; for good, for to rise again takes a privilege. One that
// is lower already stays as it is.
inline void make_way() noexcept {
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kReadingPriority));
}

}  // namespace rhumb::daemon
