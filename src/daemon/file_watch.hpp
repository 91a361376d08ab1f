// Tells when files have changed, by looking at them again and again.
//
// A change counts once it has settled: when two looks in a row see the same. So a file that is still being written is
// not read by halves.
#pragma once

#include <filesystem>
#include <vector>

#include "base/file_mark.hpp"

namespace rhumb::daemon {

class FileWatch {
 public:
  // What is there now is not a change.
  explicit FileWatch(std::vector<std::filesystem::path> files = {});

  // True once after a change. That a file is no longer there is none: it may be on its way.
  [[nodiscard]] bool look();

  [[nodiscard]] const std::vector<std::filesystem::path>& files() const noexcept { return files_; }

 private:
  [[nodiscard]] std::vector<FileMark> marks() const;

  std::vector<std::filesystem::path> files_;
  std::vector<FileMark> known_;
  std::vector<FileMark> last_;
};

}  // namespace rhumb::daemon
