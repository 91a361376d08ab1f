#include "config/small_file.hpp"

#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace rhumb::config {

std::optional<std::string> read_small_file(const JsonPlace& place, const std::filesystem::path& directory,
                                           std::uintmax_t size_max) {
  const auto name = place.text();
  if (!name) return std::nullopt;
  const std::filesystem::path file = (directory / *name).lexically_normal();
  place.note_file(file);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size == 0 || size > size_max) {
    place.error(error       ? fmt::format("{}: {}", file.string(), error.message())
                : size == 0 ? fmt::format("{}: is empty", file.string())
                            : fmt::format("{}: is larger than {} KiB", file.string(), size_max / 1024));
    return std::nullopt;
  }
  std::string content(static_cast<std::size_t>(size), '\0');
  std::ifstream stream(file, std::ios::binary);
  if (stream.read(content.data(), static_cast<std::streamsize>(size))) return content;
  place.error(fmt::format("{}: cannot be read", file.string()));
  return std::nullopt;
}

}  // namespace rhumb::config
