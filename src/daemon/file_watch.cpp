#include "daemon/file_watch.hpp"

#include <utility>

namespace rhumb::daemon {

FileWatch::FileWatch(std::vector<std::filesystem::path> files)
    : files_(std::move(files)), known_(marks()), last_(known_) {}

bool FileWatch::look() {
  auto now = marks();
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i] == FileMark{}) now[i] = known_[i];
  }
  const bool has_settled = now == last_;
  last_ = now;
  if (!has_settled || now == known_) return false;
  known_ = std::move(now);
  return true;
}

std::vector<FileMark> FileWatch::marks() const {
  std::vector<FileMark> marks;
  for (const auto& file : files_)
    marks.push_back(mark_of(file));
  return marks;
}

}  // namespace rhumb::daemon
