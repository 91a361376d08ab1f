// What another process and its children have cost so far, as the kernel counts it.
#pragma once

#include <sys/types.h>

#include <cstdint>

// CPU time of all threads in nanoseconds (schedstat, the first field): exact, where stat(5) counts ticks of 10 ms.
// Throws std::runtime_error when there is no such process.
[[nodiscard]] std::uint64_t cpu_time_ns(pid_t process);

// Resident memory in octets; what processes share is counted in each. Sockets and their buffers are the kernel's and
// not in it.
[[nodiscard]] std::uint64_t resident_size(pid_t process);
