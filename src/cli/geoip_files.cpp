#include "cli/geoip_files.hpp"

#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "daemon/database_versions.hpp"

namespace rhumb::cli {
namespace {

template <typename T>
T value_or_throw(std::optional<T> value, const Problems& problems) {
  if (!value) throw std::runtime_error(problems.first_error()->to_string());
  return std::move(*value);
}

}  // namespace

config::Config load_configuration(const std::filesystem::path& file) {
  Problems problems;
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return value_or_throw(config::load_config(file, problems, today), problems);
}

geo::Source read_source(const std::filesystem::path& file) {
  Problems problems;
  return value_or_throw(geo::read_source(file.string(), problems), problems);
}

std::string describe(const geo::Source& source) {
  return fmt::format("{}, \"{}\", built {}", source.path, source.type, daemon::version_name(source.built_at_s));
}

}  // namespace rhumb::cli
