// Who may use the API over the network: tokens, and the role and name of each.
//
// The file has a line a token, `ROLE NAME DIGEST`; empty lines and those from "#" on are passed over. The digest is the
// SHA-256 of the token in hex. Tokens are 256 random bits, so nobody finds one by trying, and the file gives none away.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/caller.hpp"

namespace rhumb::control {

// Each request is compared with all of them.
inline constexpr std::size_t kTokensMax = 1'000;
// Octets of the name of one: it stands in logs, and as the owner of overrides.
inline constexpr std::size_t kTokenNameMax = 64;
// Octets of what comes as a token: a new one has 43.
inline constexpr std::size_t kTokenMax = 256;

struct Token {
  using Digest = std::array<std::uint8_t, 32>;

  Role role;
  std::string name;
  Digest digest;

  friend bool operator==(const Token&, const Token&) = default;
};

// Immutable; from any thread.
class Tokens {
 public:
  Tokens() = default;
  explicit Tokens(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  [[nodiscard]] const std::vector<Token>& all() const noexcept { return tokens_; }

  // Null when there is none like it. Takes as long for every text: all are compared, each in constant time.
  [[nodiscard]] const Token* find(std::string_view token) const;

 private:
  std::vector<Token> tokens_;
};

struct ReadTokens {
  std::vector<Token> tokens;
  std::size_t line = 0;  // where something is wrong, from 1; 0: nowhere
  std::string error = {};
};

// Takes any octets.
[[nodiscard]] ReadTokens read_tokens(std::string_view text);

// 256 random bits in base64url. Throws std::runtime_error when the system has no randomness to give.
[[nodiscard]] std::string new_token();

// The line of the file for `token`.
[[nodiscard]] std::string token_line(Role role, std::string_view name, std::string_view token);

// Letters, digits and "-_.@", at most kTokenNameMax, and at least one.
[[nodiscard]] bool is_token_name(std::string_view name) noexcept;

}  // namespace rhumb::control
