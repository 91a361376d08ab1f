#include "base/problems.hpp"

#include <algorithm>
#include <utility>

namespace rhumb {

std::string Problem::to_string() const {
  return place + (severity == Severity::warning ? ": warning: " : ": ") + message;
}

void Problems::error(std::string place, std::string message) {
  ++error_count_;
  keep({Severity::error, std::move(place), std::move(message)});
}

void Problems::warning(std::string place, std::string message) {
  ++warning_count_;
  keep({Severity::warning, std::move(place), std::move(message)});
}

void Problems::append(const Problems& more) {
  error_count_ += more.error_count_;
  warning_count_ += more.warning_count_;
  for (const Problem& problem : more.kept_)
    keep(problem);
}

const Problem* Problems::first_error() const noexcept {
  const auto found = std::ranges::find(kept_, Severity::error, &Problem::severity);
  return found == kept_.end() ? nullptr : &*found;
}

void Problems::keep(Problem problem) {
  const std::size_t limit = problem.severity == Severity::warning ? kKeptMax / 2 : kKeptMax;
  if (kept_.size() < limit) kept_.push_back(std::move(problem));
}

}  // namespace rhumb
