#include "cli/geoip_place.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/problems.hpp"
#include "geo/database.hpp"

namespace rhumb::cli {
namespace {

// As its metadata says it; empty when it cannot be read.
std::string type_of(const std::filesystem::path& file) {
  Problems ignored;
  const auto source = geo::read_source(file.string(), ignored);
  return source ? source->type : std::string();
}

std::string list(const config::Config& config) {
  std::vector<std::string> texts;
  for (const auto& file : config.geoip)
    texts.push_back(fmt::format("{} (\"{}\")", file.string(), type_of(file)));
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::size_t find_database(const config::Config& config, const std::filesystem::path& path) {
  const auto is_it = [&](const std::filesystem::path& file) {
    std::error_code error;
    return file == path || std::filesystem::equivalent(file, path, error);
  };
  return static_cast<std::size_t>(std::ranges::find_if(config.geoip, is_it) - config.geoip.begin());
}

std::size_t find_database(const config::Config& config, const std::filesystem::path& as, const std::string& type) {
  if (!as.empty()) {
    const std::size_t place = find_database(config, as);
    if (place < config.geoip.size()) return place;
    throw std::runtime_error(
        fmt::format("--as: {} is not a database of {}, which has {}", as.string(), config.file.string(), list(config)));
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < config.geoip.size(); ++i) {
    if (type_of(config.geoip[i]) == type) places.push_back(i);
  }
  if (places.size() == 1) return places.front();
  throw std::runtime_error(
      fmt::format("{} of the databases of {} is of type \"{}\": say with --as which is meant, of {}",
                  places.empty() ? "none" : "more than one", config.file.string(), type, list(config)));
}

}  // namespace rhumb::cli
