// A member "tls": how the server speaks TLS as a client, to what it probes and to whom it tells events.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "config/json_place.hpp"

namespace rhumb::health {
class TlsClient;
}

namespace rhumb::config {

// The client that the member "tls" of `owner` describes, or the usual one when there is no such member. Of the keys
// "ca_file", "server_name", "verify", "client_certificate", "client_key" and "expiry_warning" those in `keys` may stand
// in it. Reads the files that it names, relative to `directory`. Null, with errors, when there is none to be had.
[[nodiscard]] std::shared_ptr<const health::TlsClient> read_tls_client(const JsonPlace& owner,
                                                                       const std::filesystem::path& directory,
                                                                       std::initializer_list<std::string_view> keys);

}  // namespace rhumb::config
