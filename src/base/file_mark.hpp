// What a look at a file tells of its content without reading it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace rhumb {

// Files with equal marks have equal content, unless it was changed twice within one tick of the file system's clock.
struct FileMark {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;  // 0: there is no such file
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970, as may be set by who writes the file
  std::int64_t changed_ns = 0;   // the inode, which nobody can set

  friend bool operator==(const FileMark&, const FileMark&) = default;
};

// One stat(2), so that it works on every file system and for files that are replaced by rename(2). Empty if there is no
// file that may be looked at.
[[nodiscard]] FileMark mark_of(const std::filesystem::path& file) noexcept;

}  // namespace rhumb
