// How operators reach the server: the "control" of a configuration.
//
// The socket can be read apart from the rest, because operators have to reach a running server also while its
// configuration is being edited and has mistakes elsewhere.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/ip_address.hpp"
#include "base/problems.hpp"
#include "config/json_place.hpp"

namespace rhumb::control {
class Tokens;
class TlsServer;
}  // namespace rhumb::control

namespace rhumb::config {

struct Control {
  std::optional<std::filesystem::path> socket = {};     // none: no Unix socket
  std::optional<Endpoint> http = {};                    // none: no TCP; a loopback address, or there is TLS
  std::shared_ptr<const control::Tokens> tokens = {};   // null: there are none
  std::shared_ptr<const control::TlsServer> tls = {};   // null: no TLS
  std::optional<std::filesystem::path> audit_log = {};  // none: none is kept
};

// `top` is a whole configuration in `file`, which relative paths are beside. Reads the files that it names. Reports
// what is wrong.
[[nodiscard]] Control read_control(const JsonPlace& top, const std::filesystem::path& file);

// The socket alone, from the file itself, of which nothing else is looked at. Nothing when it names none.
[[nodiscard]] std::optional<std::filesystem::path> find_control_socket(const std::filesystem::path& file,
                                                                       Problems& problems);

}  // namespace rhumb::config
