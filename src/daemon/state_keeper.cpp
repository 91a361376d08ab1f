#include "daemon/state_keeper.hpp"

#include <spdlog/spdlog.h>

#include "health/state_file.hpp"

namespace rhumb::daemon {

void StateKeeper::keep() {
  if (!file_) return;
  const std::lock_guard lock(mutex_);
  const std::uint64_t revision = monitor_.revision();  // first: what changes meanwhile is kept the next time
  if (revision == kept_revision_) return;
  const auto problem = health::save_state(*file_, monitor_.memory());
  if (!problem) {
    kept_revision_ = revision;
    spdlog::debug("{}: the states are kept", file_->string());
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now < complaint_due_) return;
  complaint_due_ = now + kQuiet;
  spdlog::error("{}: a restart would go on from older states", *problem);
}

}  // namespace rhumb::daemon
