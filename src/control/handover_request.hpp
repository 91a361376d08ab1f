// The way in to a handover: `POST /v1/handover` on the control channel, after which the connection is the two
// processes' own.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace rhumb::control {

// The protocol that the connection is upgraded to (RFC 9110 §7.8).
inline constexpr std::string_view kHandoverProtocol = "rhumb-handover";

// A descriptor of the connection, a Unix stream socket that blocks; nothing when no server listens on `socket_file`.
// Throws Unreachable (control_client.hpp) when one does and does not give it.
[[nodiscard]] std::optional<int> request_handover(const std::filesystem::path& socket_file);

}  // namespace rhumb::control
