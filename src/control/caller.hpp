// Who asks the server something, and what he may.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rhumb::control {

// Each may what those before it may.
enum class Role : std::uint8_t {
  nobody,   // has shown nothing, or something that is not known
  read,     // see how things are
  operate,  // say what goes before health: overrides, resume, reports
  admin,    // reload, see the configuration, take over
};
inline constexpr std::array kRoles = {Role::nobody, Role::read, Role::operate, Role::admin};

[[nodiscard]] constexpr std::string_view to_text(Role role) noexcept {
  constexpr std::array<std::string_view, kRoles.size()> kTexts = {"nobody", "read", "operate", "admin"};
  return kTexts[static_cast<std::size_t>(role)];
}

// Of those that somebody can be given: "read", "operate", "admin".
[[nodiscard]] constexpr std::optional<Role> role_from_text(std::string_view text) noexcept {
  const auto* const found =
      std::find_if(kRoles.begin(), kRoles.end(), [&](Role role) { return to_text(role) == text; });
  return found == kRoles.end() || *found == Role::nobody ? std::nullopt : std::optional(*found);
}

struct Caller {
  std::string name;  // a login name, or that of a token; empty: not known
  Role role = Role::nobody;
  std::string from;  // "socket", or the other end of a connection: "192.0.2.7:41234"
};

}  // namespace rhumb::control
