#include "config/tls_reader.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/small_file.hpp"
#include "health/tls_client.hpp"

namespace rhumb::config {
namespace {

constexpr std::size_t kServerNameMax = 255;          // a name (RFC 1035 §2.3.4)
constexpr std::int64_t kExpiryWarningMax = 365;      // days
constexpr std::uintmax_t kTlsFileMax = 1024 * 1024;  // all authorities of a system are some 220 KB

std::string read_server_name(const JsonPlace& place) {
  const auto name = place.text();
  if (!name) return {};
  const auto is_of_name = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("-._:").find(c) != std::string_view::npos;
  };
  if (!name->empty() && name->size() <= kServerNameMax && std::ranges::all_of(*name, is_of_name)) return *name;
  place.error(fmt::format("\"{}\" is not a name such as \"www.example.com\"", *name));
  return {};
}

[[nodiscard]] bool read_file_of(const std::optional<JsonPlace>& place, const std::filesystem::path& directory,
                                std::string& into) {
  if (!place) return true;
  auto content = read_small_file(*place, directory, kTlsFileMax);
  if (!content) return false;
  into = std::move(*content);
  return true;
}

// False if a file could not be read, so that nothing is said of what would be in it.
[[nodiscard]] bool read_settings(const JsonPlace& place, const std::filesystem::path& directory,
                                 health::TlsSettings& settings) {
  if (const auto verify = place.member("verify")) settings.is_verified = verify->boolean().value_or(true);
  if (const auto days = place.member("expiry_warning")) {
    settings.expiry_warning_days =
        static_cast<int>(days->integer(0, kExpiryWarningMax).value_or(settings.expiry_warning_days));
  }
  if (const auto name = place.member("server_name")) settings.server_name = read_server_name(*name);
  const auto ca_file = place.member("ca_file");
  const auto certificate = place.member("client_certificate");
  const auto key = place.member("client_key");
  if (certificate.has_value() != key.has_value()) {
    place.error("\"client_certificate\" and \"client_key\" go together");
    return false;
  }
  return read_file_of(ca_file, directory, settings.authorities) &&
         read_file_of(certificate, directory, settings.certificate) && read_file_of(key, directory, settings.key);
}

}  // namespace

std::shared_ptr<const health::TlsClient> read_tls_client(const JsonPlace& owner, const std::filesystem::path& directory,
                                                         std::initializer_list<std::string_view> keys) {
  const auto place = owner.member("tls");
  health::TlsSettings settings;
  if (place && (!place->has_only(keys) || !read_settings(*place, directory, settings))) return nullptr;
  try {
    return std::make_shared<health::TlsClient>(std::move(settings));
  } catch (const std::runtime_error& error) {
    (place ? *place : owner).error(error.what());
    return nullptr;
  }
}

}  // namespace rhumb::config
