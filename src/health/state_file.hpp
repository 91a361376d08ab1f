// What a monitor knows, kept in a file, so that a restart changes no answer.
//
// One line that says what it is, the version of its form, its length and its SHA-256; then JSON. It is written beside,
// synchronized and renamed into place: whenever the server is killed, the file is whole, the old one or the new. One
// that is not what its first line says is set aside for whoever wants to look at it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "health/memory.hpp"

namespace rhumb::health {

// Raised when a form that older versions cannot read is written.
inline constexpr int kStateFileVersion = 1;
// Far more than 300,000 instances need; what is larger was not written by us.
inline constexpr std::uintmax_t kStateFileMax = std::uintmax_t{1} << 30;

[[nodiscard]] std::string encode_state(const Memory& memory);

// Nothing, and why, if it is not one that encode_state() made. Any octets may come in.
struct DecodedState {
  std::optional<Memory> memory;
  std::string problem;
};
[[nodiscard]] DecodedState decode_state(std::string_view octets);

// What there is to say of a file that was looked for when starting.
struct FoundState {
  Memory memory;        // with every probe marked stale; empty when there is nothing to go on from
  std::string warning;  // why it is empty although there is a file; empty: there is no doubt
};
// A file that is not whole or too new is renamed to `file` + ".corrupt", over an earlier one.
[[nodiscard]] FoundState load_state(const std::filesystem::path& file);

// Why it could not be written; nothing: it is on disk, all of it. The old file stays until then.
[[nodiscard]] std::optional<std::string> save_state(const std::filesystem::path& file, const Memory& memory);

}  // namespace rhumb::health
