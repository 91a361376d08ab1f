// Tells when files have changed, by looking at them again and again.
//
// A look is a stat(2) a file, so that it works on every file system and for files that are replaced by rename(2). A
// change counts once it has settled: when two looks in a row see the same. So a file that is still being written is not
// read by halves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <tuple>
#include <vector>

namespace rhumb::daemon {

class FileWatch {
 public:
  // What is there now is not a change.
  explicit FileWatch(std::vector<std::filesystem::path> files = {});

  // True once after a change. That a file is no longer there is none: it may be on its way.
  [[nodiscard]] bool look();

  [[nodiscard]] const std::vector<std::filesystem::path>& files() const noexcept { return files_; }

 private:
  // Device, inode, size, and the times of the last change in ns; 0 for a file that is not there.
  using Mark = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::int64_t>;

  [[nodiscard]] std::vector<Mark> marks() const;

  std::vector<std::filesystem::path> files_;
  std::vector<Mark> known_;
  std::vector<Mark> last_;
};

}  // namespace rhumb::daemon
