// What this server never does, forbidden by the kernel (seccomp(2)), so that somebody who makes it run code of his own
// cannot do it either.
//
// A list of what is forbidden, and not of what is allowed: glibc, OpenSSL and the name services behind getaddrinfo(3)
// take to new system calls with any update, and a server that is refused one of those does not answer. What Linux may
// learn that nobody here has heard of is the concern of the unit (packaging/systemd), whose list is of what is allowed
// and which an administrator can change without building anything. For the same reason a call fails with EPERM and is
// told to the kernel's log (audit, type 1326), where its number is found, and the process is not killed: nothing is won
// by trying again, and programs of checks and hooks are under the same list.
//
// Filters cannot be taken back, add up, and pass on to programs that are started: each successor would be slower than
// the one before, and bound to what an older configuration needed. Hence they are put on a thread and those that it
// starts later; the one that starts successors (Succession) is older, and without.
//
// A system call takes 50 ns longer with it (getppid(2) 220 → 266 ns, Linux 6.18 on a virtual machine): UDP threads make
// two for a batch of queries.
#pragma once

namespace rhumb::daemon {

// What else a configuration needs.
struct SandboxNeeds {
  bool programs = false;     // checks of type exec, hooks
  bool raw_sockets = false;  // pings that take one

  friend bool operator==(const SandboxNeeds&, const SandboxNeeds&) = default;
};

// For the calling thread and all that it starts from now on, for good. No program that they start gains a privilege
// from its file (no_new_privs: set-user-ID programs do not work). Throws std::system_error if the kernel refuses.
void enter_sandbox(const SandboxNeeds& needs);

}  // namespace rhumb::daemon
