#include "daemon/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <system_error>

#include <seccomp.h>

namespace rhumb::daemon {
namespace {

// libseccomp has a number for every call that it knows, also where the machine has none: it is left out then.
constexpr std::array kForbidden = {
// Other processes' memory and descriptors; the address sanitizer looks for leaks from outside.
#ifndef RHUMB_ADDRESS_SANITIZER
    SCMP_SYS(ptrace),
#endif
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp), SCMP_SYS(move_pages), SCMP_SYS(migrate_pages),
    // Parts of the kernel that have often had faults, and are for others.
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(fanotify_init),
    SCMP_SYS(lookup_dcookie), SCMP_SYS(modify_ldt), SCMP_SYS(vm86), SCMP_SYS(vm86old), SCMP_SYS(uselib),
    SCMP_SYS(vmsplice), SCMP_SYS(remap_file_pages), SCMP_SYS(nfsservctl), SCMP_SYS(_sysctl),
    // The kernel itself.
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(syslog),
    // The machine.
    SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_settime64),
    SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(clock_adjtime64), SCMP_SYS(stime), SCMP_SYS(iopl),
    SCMP_SYS(ioperm), SCMP_SYS(pciconfig_iobase), SCMP_SYS(pciconfig_read), SCMP_SYS(pciconfig_write), SCMP_SYS(acct),
    SCMP_SYS(quotactl), SCMP_SYS(quotactl_fd), SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(vhangup),
    // File systems and name spaces.
    SCMP_SYS(mount), SCMP_SYS(umount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(move_mount),
    SCMP_SYS(open_tree), SCMP_SYS(mount_setattr), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount),
    SCMP_SYS(fspick), SCMP_SYS(open_by_handle_at), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(unshare),
    SCMP_SYS(setns),
    // Who it is.
    SCMP_SYS(setuid), SCMP_SYS(setuid32), SCMP_SYS(setgid), SCMP_SYS(setgid32), SCMP_SYS(setreuid),
    SCMP_SYS(setreuid32), SCMP_SYS(setregid), SCMP_SYS(setregid32), SCMP_SYS(setresuid), SCMP_SYS(setresuid32),
    SCMP_SYS(setresgid), SCMP_SYS(setresgid32), SCMP_SYS(setfsuid), SCMP_SYS(setfsuid32), SCMP_SYS(setfsgid),
    SCMP_SYS(setfsgid32), SCMP_SYS(setgroups), SCMP_SYS(setgroups32), SCMP_SYS(capset)};

constexpr std::array kNewNamespaces = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                       CLONE_NEWPID, CLONE_NEWUSER,   CLONE_NEWNET};

// Unix sockets; the internet; and of the network's configuration, which getaddrinfo(3) wants to know.
constexpr std::array kFamilies = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr int kHighestFamily = AF_NETLINK;

// Of the second argument of socket(2), which has flags besides.
constexpr scmp_datum_t kTypeMask = 0xf;

// It asks, and changes nothing.
constexpr scmp_datum_t kWhichPersonality = 0xffffffff;

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ALLOW)) {
    if (context_ == nullptr) throw std::bad_alloc();
    // What older kernels cannot do is left: to log, and not to make every thread slower for fear of what its own code
    // might learn from its own memory (Speculative Store Bypass).
    static_cast<void>(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_LOG, 1));
    static_cast<void>(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1));
  }

  // Whatever the arguments, or if all of `conditions` are true of them.
  void refuse(int call, std::initializer_list<scmp_arg_cmp> conditions = {}, std::uint16_t error = EPERM) {
    const int status = seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(error), call,
                                              static_cast<unsigned>(conditions.size()), conditions.begin());
    if (status != -EDOM) require(status);  // it does not exist on machines like this
  }

  void load() { require(seccomp_load(context_.get())); }

 private:
  struct Release {
    void operator()(void* context) const noexcept { seccomp_release(context); }
  };

  static void require(int status) {
    if (status < 0) throw std::system_error(-status, std::generic_category(), "the sandbox cannot be set up");
  }

  std::unique_ptr<void, Release> context_;
};

scmp_arg_cmp argument_is(unsigned place, scmp_datum_t value) {
  return {place, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp argument_has(unsigned place, scmp_datum_t mask, scmp_datum_t value) {
  return {place, SCMP_CMP_MASKED_EQ, mask, value};
}

void refuse_namespaces(Filter& filter) {
  for (const int flag : kNewNamespaces) {
    const auto bit = static_cast<scmp_datum_t>(flag);
    filter.refuse(SCMP_SYS(clone), {argument_has(0, bit, bit)});
  }
  // Its flags are in memory, where no filter can look; glibc then uses the other.
  filter.refuse(SCMP_SYS(clone3), {}, ENOSYS);
}

void refuse_sockets(Filter& filter, bool has_raw_sockets) {
  for (int family = 0; family < kHighestFamily; ++family) {
    if (std::ranges::find(kFamilies, family) != kFamilies.end()) continue;
    filter.refuse(SCMP_SYS(socket), {argument_is(0, static_cast<scmp_datum_t>(family))}, EAFNOSUPPORT);
  }
  filter.refuse(SCMP_SYS(socket), {{0, SCMP_CMP_GT, kHighestFamily, 0}}, EAFNOSUPPORT);
  for (const scmp_datum_t family : {scmp_datum_t{AF_INET}, scmp_datum_t{AF_INET6}}) {
    filter.refuse(SCMP_SYS(socket), {argument_is(0, family), argument_has(1, kTypeMask, SOCK_PACKET)});
    if (has_raw_sockets) continue;
    filter.refuse(SCMP_SYS(socket), {argument_is(0, family), argument_has(1, kTypeMask, SOCK_RAW)});
  }
}

}  // namespace

void enter_sandbox(const SandboxNeeds& needs) {
  Filter filter;
  for (const int call : kForbidden)
    filter.refuse(call);
  if (!needs.programs) {
    filter.refuse(SCMP_SYS(execve));
    filter.refuse(SCMP_SYS(execveat));
  }
  refuse_namespaces(filter);
  refuse_sockets(filter, needs.raw_sockets);
  filter.refuse(SCMP_SYS(personality), {{0, SCMP_CMP_NE, kWhichPersonality, 0}});
  // Types into the terminal that it was started from.
  filter.refuse(SCMP_SYS(ioctl), {argument_has(1, 0xffffffff, TIOCSTI)});
  filter.load();
}

}  // namespace rhumb::daemon
