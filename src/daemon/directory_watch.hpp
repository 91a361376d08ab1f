// Tells when something has happened in directories (inotify(7)).
#pragma once

#include <filesystem>
#include <set>

namespace rhumb::daemon {

class DirectoryWatch {
 public:
  // Throws std::system_error when there is no descriptor to be had.
  DirectoryWatch();
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

  // Watches these, too. One that is not there, or that the kernel watches no more of, is left out; it may be named
  // again later, as may one that another has taken the place of.
  void watch(const std::set<std::filesystem::path>& directories) noexcept;
  // Whether anything was written, made, moved or removed there since the last call; or so much that the kernel has lost
  // count. Never waits.
  [[nodiscard]] bool has_news() noexcept;

 private:
  int inotify_;
};

}  // namespace rhumb::daemon
