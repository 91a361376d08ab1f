#include "daemon/file_watch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace rhumb::daemon {

FileWatch::FileWatch(std::vector<std::filesystem::path> files)
    : files_(std::move(files)), known_(marks()), last_(known_) {}

bool FileWatch::look() {
  const auto now = marks();
  const bool has_settled = now == last_;
  last_ = now;
  const bool is_whole = std::ranges::find(now, Mark{}) == now.end();
  if (!has_settled || !is_whole || now == known_) return false;
  known_ = now;
  return true;
}

std::vector<FileWatch::Mark> FileWatch::marks() const {
  std::vector<Mark> marks;
  for (const auto& file : files_) {
    struct stat is {};
    const bool exists = stat(file.c_str(), &is) == 0;
    marks.push_back(exists ? Mark{is.st_dev, is.st_ino, static_cast<std::uint64_t>(is.st_size),
                                  is.st_mtim.tv_sec * 1'000'000'000 + is.st_mtim.tv_nsec}
                           : Mark{});
  }
  return marks;
}

}  // namespace rhumb::daemon
