// The member "user": whom the server becomes when root has started it.
//
// It can be read apart from the rest, because the server becomes that user before it reads anything else: what he may
// not read is then found at the start, and not at the first reload.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/problems.hpp"
#include "config/json_place.hpp"

namespace rhumb::config {

// Of a user's name; Linux' useradd(8) takes 32.
inline constexpr std::size_t kUserNameMax = 256;

// `top` is a whole configuration. Nothing when it names none. Whether there is such a user is not looked at: it need
// not be so on the machine that checks a configuration.
[[nodiscard]] std::optional<std::string> read_user(const JsonPlace& top);

// The same from the file itself, of which nothing else is looked at.
[[nodiscard]] std::optional<std::string> find_user(const std::filesystem::path& file, Problems& problems);

}  // namespace rhumb::config
