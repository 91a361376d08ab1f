#include "daemon/file_watch.hpp"

#include <sys/stat.h>

#include <utility>

namespace rhumb::daemon {

FileWatch::FileWatch(std::vector<std::filesystem::path> files)
    : files_(std::move(files)), known_(marks()), last_(known_) {}

bool FileWatch::look() {
  auto now = marks();
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i] == Mark{}) now[i] = known_[i];
  }
  const bool has_settled = now == last_;
  last_ = now;
  if (!has_settled || now == known_) return false;
  known_ = std::move(now);
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
