// A part of a test that changes its process for good: who it is, or what it may do.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace rhumb::test {

// A part says so with this status when it cannot be run here.
inline constexpr int kCannotTell = 77;

// Runs `part() -> int` in a child, and returns what it returns, 0 to 255; -1 if it was ended by a signal.
template <typename Part>
[[nodiscard]] int in_child(Part part) {
  const pid_t child = fork();
  if (child == 0) _exit(part());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace rhumb::test
