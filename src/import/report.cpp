#include "import/report.hpp"

#include <algorithm>
#include <utility>

namespace rhumb::importing {

void Report::append(const Problems& problems) {
  for (const Problem& problem : problems.all())
    add(problem.severity == Severity::error ? Note::Kind::error : Note::Kind::changed, problem.place, problem.message);
}

void Report::add(Note::Kind kind, std::string place, std::string message) {
  Note note{kind, std::move(place), std::move(message)};
  // Repetitions come soon after each other: those of one resource that several names use. Looking at all would be
  // quadratic.
  constexpr std::size_t kLookBack = 64;
  const auto recent = kept_.end() - static_cast<std::ptrdiff_t>(std::min(kept_.size(), kLookBack));
  if (std::find(recent, kept_.end(), note) != kept_.end()) return;
  if (++counts_.at(static_cast<std::size_t>(kind)) <= kKeptMax) kept_.push_back(std::move(note));
}

}  // namespace rhumb::importing
