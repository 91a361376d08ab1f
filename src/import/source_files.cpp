#include "import/source_files.hpp"

#include <cstdint>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace rhumb::importing {
namespace {

// A file of half a million records has 20 MB.
constexpr std::uintmax_t kFileSizeMax = 64U << 20;
constexpr std::uintmax_t kSizeMax = 512U << 20;
constexpr std::size_t kFilesMax = 100'000;

bool is_inside(const std::filesystem::path& file, const std::filesystem::path& directory) {
  const auto relative = file.lexically_relative(directory);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

std::optional<std::string> read_source_file(const std::filesystem::path& file, Report& report) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > kFileSizeMax) {
    report.error(file.string(), error ? error.message() : fmt::format("larger than {} MiB", kFileSizeMax >> 20));
    return std::nullopt;
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream stream(file, std::ios::binary);
  if (stream.read(text.data(), static_cast<std::streamsize>(size))) return text;
  report.error(file.string(), "cannot be read");
  return std::nullopt;
}

SourceFiles read_source_directory(const std::filesystem::path& directory, Report& report) {
  SourceFiles files;
  std::error_code error;
  const auto top = std::filesystem::canonical(directory, error);
  if (error) {
    report.error(directory.string(), error.message());
    return files;
  }
  std::uintmax_t size = 0;
  for (std::filesystem::recursive_directory_iterator entry(top, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().lexically_relative(top).string();
    const bool is_hidden = entry->path().filename().string().starts_with('.');
    if (is_hidden && entry->is_directory()) entry.disable_recursion_pending();
    std::error_code ignored;
    if (is_hidden || entry->path().extension() == ".mmdb" || !entry->is_regular_file(ignored)) continue;
    const auto target = std::filesystem::canonical(entry->path(), ignored);
    if (!is_inside(target, top)) {
      report.missing(name, fmt::format("leads out of {}, and is not read", directory.string()));
      continue;
    }
    if (files.size() == kFilesMax || size > kSizeMax) {
      report.error(name,
                   fmt::format("more than {} files or {} MiB: not such a configuration", kFilesMax, kSizeMax >> 20));
      break;
    }
    if (auto text = read_source_file(target, report)) {
      size += text->size();
      files.emplace(name, std::move(*text));
    }
  }
  if (error) report.error(directory.string(), error.message());
  return files;
}

std::optional<std::string> path_beside(std::string_view base, std::string_view name) {
  const auto path = (std::filesystem::path(base).parent_path() / std::filesystem::path(name)).lexically_normal();
  if (path.empty() || path.is_absolute() || *path.begin() == "..") return std::nullopt;
  return path.string();
}

}  // namespace rhumb::importing
