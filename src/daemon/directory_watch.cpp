#include "daemon/directory_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace rhumb::daemon {
namespace {

constexpr std::uint32_t kWhatMatters = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR;

}  // namespace

DirectoryWatch::DirectoryWatch() : inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_ < 0) throw std::system_error(errno, std::generic_category(), "cannot watch files (inotify)");
}

DirectoryWatch::~DirectoryWatch() {
  close(inotify_);
}

void DirectoryWatch::watch(const std::set<std::filesystem::path>& directories) noexcept {
  for (const auto& directory : directories)
    inotify_add_watch(inotify_, directory.c_str(), kWhatMatters);
}

bool DirectoryWatch::has_news() noexcept {
  alignas(inotify_event) std::array<char, 16 * 1'024> events;
  bool has_any = false;
  while (::read(inotify_, events.data(), events.size()) > 0)
    has_any = true;
  return has_any;
}

}  // namespace rhumb::daemon
