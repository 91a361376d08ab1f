// Zone files of a test, in a directory of its own that is gone after it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/problems.hpp"
#include "dns/name.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::zone {

class ZoneDirectory {
 public:
  ZoneDirectory() {
    std::string path = (std::filesystem::temp_directory_path() / "rhumb-zone-XXXXXX").string();
    path_ = mkdtemp(path.data());
  }
  ~ZoneDirectory() { std::filesystem::remove_all(path_); }
  ZoneDirectory(const ZoneDirectory&) = delete;
  ZoneDirectory& operator=(const ZoneDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void write(const std::string& file, std::string_view text) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
  }

  // What load_zone_file() makes of `file`; the problems are in problems().
  std::shared_ptr<const Zone> load(const std::string& file = "zone", std::string_view apex = "example.com",
                                   std::span<const OverlayName> overlays = {}, const ReadSettings& settings = {}) {
    Problems problems;
    auto zone = load_zone_file(path_ / file, *dns::Name::from_text(apex), overlays, problems, settings);
    problems_.clear();
    for (const Problem& problem : problems.all()) {
      std::string text = problem.to_string();
      const std::string prefix = path_.string() + "/";  // in the place, and wherever another is mentioned
      for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
        text.erase(at, prefix.size());
      problems_.push_back(text);
    }
    return zone;
  }

  // Of the last load(), as they are printed, without the directory.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::filesystem::path path_;
  std::vector<std::string> problems_;
};

}  // namespace rhumb::zone
