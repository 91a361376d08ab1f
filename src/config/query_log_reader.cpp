#include "config/query_log_reader.hpp"

#include <string_view>

#include <fmt/format.h>

#include "control/socket_path.hpp"

namespace rhumb::config {
namespace {

using control::QueryLogSettings;
using Format = QueryLogSettings::Format;

constexpr std::string_view kSocketPrefix = "unix:";
constexpr double kSampleMin = 1e-6;
constexpr double kSampleMax = 1;
// What is kept of an address that is to be anonymous: what resolvers tell of their clients (RFC 7871 §11.1), of IPv6 a
// customer's prefix at the most.
constexpr std::uint8_t kKeptUsualV4 = 24;
constexpr std::uint8_t kKeptUsualV6 = 48;

bool read_target(const JsonPlace& place, const std::filesystem::path& directory, QueryLogSettings& settings) {
  const auto text = place.text();
  if (!text) return false;
  settings.is_socket = text->starts_with(kSocketPrefix);
  const std::string path = settings.is_socket ? text->substr(kSocketPrefix.size()) : *text;
  if (path.empty() || path.find('\0') != std::string::npos) {
    place.error("must be the path of a file, or \"unix:\" and that of a socket");
    return false;
  }
  settings.to = (directory / path).lexically_normal();
  if (!settings.is_socket || settings.to.native().size() <= control::kSocketPathMax) return true;
  place.error(fmt::format("{} has {} octets, and the path of a Unix socket at most {}", settings.to.string(),
                          settings.to.native().size(), control::kSocketPathMax));
  return false;
}

std::uint8_t read_kept(const JsonPlace& place, std::string_view key, std::uint8_t usual, int most) {
  const auto bits = place.member(key);
  return static_cast<std::uint8_t>(bits ? bits->integer(0, most).value_or(usual) : usual);
}

void read_anonymize(const JsonPlace& place, QueryLogSettings& settings) {
  if (!place.has_only({"ipv4", "ipv6"})) return;
  settings.is_anonymous = true;
  settings.kept_bits = {read_kept(place, "ipv4", kKeptUsualV4, kBitsV4),
                        read_kept(place, "ipv6", kKeptUsualV6, kBitsV6)};
}

}  // namespace

std::optional<QueryLogSettings> read_query_log(const JsonPlace& place, const std::filesystem::path& directory) {
  if (!place.has_only({"to", "format", "sample", "anonymize"})) return std::nullopt;
  QueryLogSettings settings;
  const auto to = place.required("to");
  if (!to || !read_target(*to, directory, settings)) return std::nullopt;
  settings.format = settings.is_socket ? Format::dnstap : Format::json;
  if (const auto format = place.member("format")) {
    settings.format =
        format->choice<Format>({{"json", Format::json}, {"dnstap", Format::dnstap}}).value_or(settings.format);
    if (settings.is_socket && settings.format == Format::json)
      format->error("must be \"dnstap\" where \"to\" is a socket");
  }
  if (const auto sample = place.member("sample")) {
    settings.sample = sample->number(kSampleMin, kSampleMax).value_or(settings.sample);
  }
  if (const auto anonymize = place.member("anonymize")) read_anonymize(*anonymize, settings);
  return settings;
}

}  // namespace rhumb::config
