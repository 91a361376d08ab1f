#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "import/draft_writer.hpp"
#include "import/gdnsd.hpp"
#include "import/geodns.hpp"
#include "import/route53.hpp"

namespace rhumb::cli {
namespace {

using importing::Draft;
using importing::Note;
using importing::Report;

// By their names without the directory, which is what places in them begin with. Files of several directories may have
// one name.
importing::SourceFiles read_files(const std::vector<std::filesystem::path>& paths, Report& report) {
  importing::SourceFiles files;
  for (const auto& path : paths) {
    auto text = importing::read_source_file(path, report);
    if (!text) continue;
    const bool is_new = files.emplace(path.filename().string(), std::move(*text)).second;
    if (!is_new) report.error(path.string(), "a file of this name is given already");
  }
  return files;
}

Draft read_route53(const ImportOptions& options, Report& report) {
  std::vector<importing::Route53HealthCheck> checks;
  if (!options.health_checks.empty()) {
    const auto text = importing::read_source_file(options.health_checks, report);
    if (text) checks = read_route53_health_checks(options.health_checks.filename().string(), *text, report);
  }
  return import_route53(read_files(options.sources, report), checks, report);
}

Draft read(const ImportOptions& options, Report& report) {
  if (options.format == "route53") return read_route53(options, report);
  if (options.format == "geodns") return import_geodns(read_files(options.sources, report), report);
  const auto& directory = options.sources.front();
  return import_gdnsd(importing::read_source_directory(directory, report), directory, report);
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
  if (report.count(kind) > Report::kKeptMax) fmt::print("  and {} more\n", report.count(kind) - Report::kKeptMax);
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
