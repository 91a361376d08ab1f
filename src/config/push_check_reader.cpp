#include "config/push_check_reader.hpp"

#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace rhumb::config {
namespace {

constexpr std::uint32_t kTtlMin = 100;  // ms
constexpr std::uint32_t kReportTtlMax = 86'400'000;
constexpr std::uint32_t kDefaultReportTtl = 60'000;  // only where what is written is refused
constexpr std::size_t kFileMax = 1'024;

// Braces are for what is replaced; so a mistyped one is found.
bool has_only_known_placeholders(std::string_view text) {
  constexpr std::array<std::string_view, 3> kPlaceholders = {"{address}", "{region}", "{service}"};
  for (std::size_t at = text.find_first_of("{}"); at != std::string_view::npos; at = text.find_first_of("{}", at)) {
    std::size_t size = 0;
    for (const std::string_view placeholder : kPlaceholders)
      size = text.substr(at).starts_with(placeholder) ? placeholder.size() : size;
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::string read_file(const JsonPlace& place, const std::filesystem::path& directory) {
  const auto file = place.text();
  if (!file) return {};
  if (file->empty() || file->size() > kFileMax || file->find('\0') != std::string::npos) {
    place.error(fmt::format("must be a path of 1 to {} octets", kFileMax));
    return {};
  }
  if (!has_only_known_placeholders(*file)) {
    place.error("may have braces only in {address}, {region} and {service}");
    return {};
  }
  return (directory / *file).lexically_normal().string();
}

}  // namespace

void read_push_check(const JsonPlace& place, const std::filesystem::path& directory, health::Check& check) {
  const auto ttl = place.required("ttl");
  check.ttl_ms = ttl ? ttl->duration_ms(kTtlMin, kReportTtlMax).value_or(kDefaultReportTtl) : kDefaultReportTtl;
  if (const auto expiry = place.member("on_expiry")) {
    check.is_down_on_expiry = expiry->choice<bool>({{"down", true}, {"unknown", false}}).value_or(true);
  }
  if (const auto file = place.member("file")) check.report_file = read_file(*file, directory);
}

}  // namespace rhumb::config
