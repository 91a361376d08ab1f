#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "import/draft_writer.hpp"
#include "import/gdnsd.hpp"

namespace rhumb::cli {
namespace {

using importing::Draft;
using importing::Note;
using importing::Report;

Draft read(const ImportOptions& options, Report& report) {
  return import_gdnsd(importing::read_source_directory(options.sources.front(), report), options.sources.front(),
                      report);
}

// An empty or a new directory: nothing is ever overwritten.
void require_empty(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory, error) && !std::filesystem::is_empty(directory, error)) {
    throw std::runtime_error(
        fmt::format("{} is not empty; --out names a new or an empty directory", directory.string()));
  }
}

void write(const importing::SourceFiles& files, const std::filesystem::path& directory) {
  for (const auto& [name, text] : files) {
    const auto file = directory / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary);
    if (!(stream << text).flush()) throw std::runtime_error(fmt::format("{}: cannot be written", file.string()));
  }
}

void print_section(const Report& report, Note::Kind kind, const char* title) {
  if (report.count(kind) == 0) return;
  fmt::print("{} ({}):\n", title, report.count(kind));
  for (const Note& note : report.notes()) {
    if (note.kind == kind) fmt::print("  {}\n", note.to_string());
  }
}

void print_report(const Report& report) {
  print_section(report, Note::Kind::error, "wrong in the source");
  print_section(report, Note::Kind::carried, "carried over");
  print_section(report, Note::Kind::changed, "carried over, with another meaning");
  print_section(report, Note::Kind::missing, "not carried over");
}

}  // namespace

int import_configuration(const ImportOptions& options) {
  require_empty(options.out);
  Report report;
  const Draft draft = read(options, report);
  print_report(report);
  if (report.has_errors()) return 1;
  write(
      to_files(draft, fmt::format("Made by rhumb import {} from {}", options.format, options.sources.front().string())),
      options.out);
  if (check(options.out / "rhumb.json") != 0) return 1;
  return report.count(Note::Kind::missing) > 0 ? 2 : 0;
}

}  // namespace rhumb::cli
