#include "config/control_reader.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/json_file.hpp"
#include "config/small_file.hpp"
#include "control/http_caller.hpp"
#include "control/socket_path.hpp"
#include "control/tls_server.hpp"
#include "control/tokens.hpp"

namespace rhumb::config {
namespace {

// Octets: kTokensMax of the longest lines, and as many comments.
constexpr std::uintmax_t kTokensFileMax = 512 * 1'024;
constexpr std::uintmax_t kPemMax = 128 * 1'024;  // a chain of certificates is some 5 KiB

std::optional<JsonPlace> control_of(const JsonPlace& top) {
  auto control = top.member("control");
  return control && control->has_only({"socket", "http", "audit_log"}) ? control : std::nullopt;
}

std::optional<std::filesystem::path> read_path(const JsonPlace& place, const std::filesystem::path& file) {
  const auto text = place.text();
  if (!text) return std::nullopt;
  if (!text->empty() && text->find('\0') == std::string::npos) return (file.parent_path() / *text).lexically_normal();
  place.error("must be the path of a file");
  return std::nullopt;
}

std::optional<std::filesystem::path> read_socket(const JsonPlace& control, const std::filesystem::path& file) {
  const auto place = control.member("socket");
  auto socket = place ? read_path(*place, file) : std::nullopt;
  if (!socket || socket->native().size() <= control::kSocketPathMax) return socket;
  place->error(fmt::format("{} has {} octets, and the path of a Unix socket at most {}", socket->string(),
                           socket->native().size(), control::kSocketPathMax));
  return std::nullopt;
}

// Who reads the file learns no token, but who writes it makes one for himself; others have no business with either.
bool is_private(const JsonPlace& place, const std::filesystem::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0 || (found.st_mode & S_IRWXO) == 0) return true;  // reading it says why it cannot
  place.error(fmt::format("{} is open to everybody (mode {:o}): `chmod o= {}`", file.string(), found.st_mode & 07777U,
                          file.string()));
  return false;
}

std::shared_ptr<const control::Tokens> read_tokens_file(const JsonPlace& place,
                                                        const std::filesystem::path& directory) {
  const auto name = place.text();
  if (!name) return nullptr;
  const std::filesystem::path file = (directory / *name).lexically_normal();
  if (!is_private(place, file)) return nullptr;
  const auto text = read_small_file(place, directory, kTokensFileMax);
  if (!text) return nullptr;
  control::ReadTokens tokens = control::read_tokens(*text);
  if (tokens.line == 0) return std::make_shared<control::Tokens>(std::move(tokens.tokens));
  place.error(fmt::format("{}:{}: {}", file.string(), tokens.line, tokens.error));
  return nullptr;
}

std::shared_ptr<const control::TlsServer> read_tls_server(const JsonPlace& place,
                                                          const std::filesystem::path& directory) {
  if (!place.has_only({"certificate", "key"})) return nullptr;
  const auto certificate_place = place.required("certificate");
  const auto key_place = place.required("key");
  if (!certificate_place || !key_place) return nullptr;
  const auto certificate = read_small_file(*certificate_place, directory, kPemMax);
  const auto key = read_small_file(*key_place, directory, kPemMax);
  if (!certificate || !key) return nullptr;
  try {
    return std::make_shared<control::TlsServer>(*certificate, *key);
  } catch (const std::runtime_error& error) {
    place.error(error.what());
    return nullptr;
  }
}

std::optional<Endpoint> read_listen(const JsonPlace& http) {
  const auto place = http.required("listen");
  const auto text = place ? place->text() : std::nullopt;
  if (!text) return std::nullopt;
  const auto endpoint = Endpoint::parse(*text);
  if (!endpoint || endpoint->port == 0) {
    place->error(fmt::format("\"{}\" is not an address and port such as \"127.0.0.1:8053\" or \"[::1]:8053\"", *text));
    return std::nullopt;
  }
  if (!control::is_loopback(endpoint->address) && !http.member("tls")) {
    place->error(
        fmt::format("{} is not a loopback address, and tokens must not cross a network for all to read: add "
                    "\"tls\" with a certificate and a key",
                    endpoint->address.to_string()));
  }
  return endpoint;
}

void read_http(const JsonPlace& http, const std::filesystem::path& directory, Control& control) {
  if (!http.has_only({"listen", "tokens_file", "tls"})) return;
  control.http = read_listen(http);
  if (const auto tokens = http.member("tokens_file")) control.tokens = read_tokens_file(*tokens, directory);
  if (const auto tls = http.member("tls")) control.tls = read_tls_server(*tls, directory);
  if (control.http && !control::is_loopback(control.http->address) && !http.member("tokens_file")) {
    http.warning("without a \"tokens_file\" nobody elsewhere may ask anything");
  }
}

}  // namespace

Control read_control(const JsonPlace& top, const std::filesystem::path& file) {
  Control control;
  const auto place = control_of(top);
  if (!place) return control;
  control.socket = read_socket(*place, file);
  const auto http = place->member("http");
  if (http) read_http(*http, file.parent_path(), control);
  if (const auto audit_log = place->member("audit_log")) control.audit_log = read_path(*audit_log, file);
  if (!http && !place->member("socket")) place->error("needs a \"socket\", or \"http\", or both");
  return control;
}

std::optional<std::filesystem::path> find_control_socket(const std::filesystem::path& file, Problems& problems) {
  const auto document = parse_json_file(file, problems);
  if (!document) return std::nullopt;
  const JsonPlace top(*document, file, problems);
  if (!top.is_object()) {
    top.error("must be an object");
    return std::nullopt;
  }
  const auto place = control_of(top);
  return place ? read_socket(*place, file) : std::nullopt;
}

}  // namespace rhumb::config
