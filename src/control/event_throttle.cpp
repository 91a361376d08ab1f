#include "control/event_throttle.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rhumb::control {
namespace {

using Kind = health::Event::Kind;

bool always_passes(Kind kind) {
  return kind == Kind::guard || kind == Kind::panic || kind == Kind::override_set || kind == Kind::override_cleared ||
         kind == Kind::override_ended;
}

}  // namespace

std::vector<Notice> EventThrottle::take(health::Event event, health::Time now) {
  std::vector<Notice> told;
  if (always_passes(event.kind)) {
    told.push_back({std::move(event)});
    return told;
  }
  forget_idle(now);
  const Subjects::iterator subject = find_or_add(health::subject(event), now, told);
  keep_back(subject, std::move(event));
  if (subject->due->first <= now) told.push_back(release(*subject, now));
  return told;
}

std::vector<Notice> EventThrottle::take_due(health::Time now) {
  std::vector<Notice> told;
  while (!due_.empty() && due_.begin()->first <= now)
    told.push_back(release(*due_.begin()->second, now));
  return told;
}

health::Time EventThrottle::next_due() const noexcept {
  return due_.empty() ? health::kNever : due_.begin()->first;
}

std::vector<Notice> EventThrottle::take_all() {
  std::vector<Notice> told;
  while (!due_.empty())
    told.push_back(release(*due_.begin()->second, due_.begin()->first));
  return told;
}

// Idle subjects stand at the end: none with a later event does.
void EventThrottle::forget_idle(health::Time now) {
  while (!subjects_.empty() && !subjects_.back().kept && subjects_.back().full_at <= now) {
    by_name_.erase(subjects_.back().name);
    subjects_.pop_back();
  }
}

// The subject, which is the latest now. One that must make room for it has its event told.
EventThrottle::Subjects::iterator EventThrottle::find_or_add(const std::string& name, health::Time now,
                                                             std::vector<Notice>& told) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    subjects_.splice(subjects_.begin(), subjects_, found->second);
    return subjects_.begin();
  }
  if (subjects_.size() >= subjects_max_) {
    if (subjects_.back().kept) told.push_back(release(subjects_.back(), now));
    by_name_.erase(subjects_.back().name);
    subjects_.pop_back();
  }
  subjects_.push_front({.name = name});
  by_name_.emplace(subjects_.front().name, subjects_.begin());
  return subjects_.begin();
}

void EventThrottle::keep_back(Subjects::iterator subject, health::Event event) {
  if (subject->kept) {
    if (subject->suppressed++ == 0) subject->suppressed_since = subject->kept->at;
  } else {
    subject->due = due_.emplace(subject->full_at - (kBurst - 1) * kInterval, subject);
  }
  subject->kept = std::move(event);
}

Notice EventThrottle::release(Subject& subject, health::Time now) {
  assert(subject.kept);
  due_.erase(subject.due);
  subject.full_at = std::max(subject.full_at, now) + kInterval;
  Notice notice{std::move(*subject.kept), std::exchange(subject.suppressed, 0), subject.suppressed_since};
  subject.kept.reset();
  return notice;
}

}  // namespace rhumb::control
