#include "base/known_files.hpp"

#include <algorithm>
#include <utility>

namespace rhumb {

KnownFiles::KnownFiles(std::vector<std::filesystem::path> files, Time started) : files_(std::move(files)) {
  const std::int64_t settled_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>((started - kClockTick).time_since_epoch()).count();
  for (const auto& file : files_) {
    marks_.push_back(mark_of(file));
    are_settled_ = are_settled_ && marks_.back().inode != 0 && marks_.back().changed_ns < settled_ns;
  }
}

bool KnownFiles::are_unchanged() const noexcept {
  return are_settled_ && std::ranges::equal(files_, marks_, {}, [](const auto& file) { return mark_of(file); });
}

}  // namespace rhumb
