// Files whose content is known, since they have been read: to tell later whether they must be read again.
#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "base/file_mark.hpp"

namespace rhumb {

class KnownFiles {
 public:
  using Time = std::chrono::system_clock::time_point;

  // A file that was changed less than this before it was read may have been changed again without a trace: the clocks
  // of file systems tick every 4 ms where they are good, and every 2 s where they are not (FAT).
  static constexpr std::chrono::seconds kClockTick{2};

  KnownFiles() = default;
  // To be made after the first of them was opened or before, but `started` must be before that.
  KnownFiles(std::vector<std::filesystem::path> files, Time started);

  [[nodiscard]] const std::vector<std::filesystem::path>& files() const noexcept { return files_; }
  // Whether all are sure to be what they were when they were read. Never of files that had just been changed then, or
  // were not there; nor of directories, whose content it does not know.
  [[nodiscard]] bool are_unchanged() const noexcept;

 private:
  std::vector<std::filesystem::path> files_;
  std::vector<FileMark> marks_;
  bool are_settled_ = true;
};

}  // namespace rhumb
