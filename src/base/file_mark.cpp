#include "base/file_mark.hpp"

#include <sys/stat.h>

namespace rhumb {
namespace {

std::int64_t nanoseconds(const timespec& time) noexcept {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileMark mark_of(const std::filesystem::path& file) noexcept {
  struct stat is {};
  if (stat(file.c_str(), &is) != 0) return {};
  return {is.st_dev, is.st_ino, static_cast<std::uint64_t>(is.st_size), nanoseconds(is.st_mtim),
          nanoseconds(is.st_ctim)};
}

}  // namespace rhumb
