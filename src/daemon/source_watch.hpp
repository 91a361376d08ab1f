// Tells when what a server was loaded from has changed, and has then been left alone for a while.
//
// The kernel tells of directories in which something happens (directory_watch.hpp); only then are the files in them
// looked at, so that 10,000 zones that nobody touches cost nothing. What others write there, a state file say, is no
// change. A file that is replaced through a symbolic link is found, if the link is in the same directory.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "base/file_mark.hpp"
#include "daemon/directory_watch.hpp"

namespace rhumb::daemon {

// All that a server is loaded from.
struct Sources {
  std::vector<std::filesystem::path> files;
  std::filesystem::path zones;  // a directory: files that come into it or go count, too
};

class SourceWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // A change counts once nothing has changed for `settle`. What is there now is none. Throws std::system_error.
  SourceWatch(Sources sources, Clock::duration settle);

  [[nodiscard]] Clock::duration settle() const noexcept { return settle_; }
  // After a load: from now on these. A file that was not among them before counts as changed once something happens in
  // its directory, for it may have been since it was read.
  void follow(Sources sources);
  // True once after a change has settled.
  [[nodiscard]] bool look(Clock::time_point now);

 private:
  using Marks = std::map<std::filesystem::path, FileMark>;

  [[nodiscard]] Marks marks() const;
  void watch_directories();

  Sources sources_;
  Clock::duration settle_;
  DirectoryWatch directories_;
  Marks known_;  // at the start, or when look() was last true
  Marks last_;   // when something last happened
  Clock::time_point changed_at_ = {};
};

}  // namespace rhumb::daemon
