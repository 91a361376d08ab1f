#include "daemon/source_watch.hpp"

#include <system_error>
#include <utility>

#include "daemon/directory_of.hpp"

namespace rhumb::daemon {

SourceWatch::SourceWatch(Sources sources, Clock::duration settle) : sources_(std::move(sources)), settle_(settle) {
  watch_directories();
  known_ = last_ = marks();
}

void SourceWatch::follow(Sources sources) {
  sources_ = std::move(sources);
  watch_directories();
}

bool SourceWatch::look(Clock::time_point now) {
  if (directories_.has_news()) {
    watch_directories();  // one of them may be another now
    Marks found = marks();
    if (found != last_) changed_at_ = now;
    last_ = std::move(found);
  }
  if (last_ == known_ || now - changed_at_ < settle_) return false;
  known_ = last_;
  return true;
}

SourceWatch::Marks SourceWatch::marks() const {
  Marks marks;
  for (const auto& file : sources_.files)
    marks.emplace(file, mark_of(file));
  std::error_code error;
  for (std::filesystem::directory_iterator entry(sources_.zones, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".zone") marks.emplace(entry->path(), mark_of(entry->path()));
  }
  return marks;
}

// Those of the files, and the zones'; and what these are in, since a whole directory may be put in another's place.
void SourceWatch::watch_directories() {
  std::set<std::filesystem::path> directories = {sources_.zones, directory_of(sources_.zones)};
  for (const auto& file : sources_.files)
    directories.insert(directory_of(file));
  directories_.watch(directories);
}

}  // namespace rhumb::daemon
