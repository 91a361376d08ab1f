#include "control/tokens.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "base/suggestion.hpp"

namespace rhumb::control {
namespace {

constexpr std::size_t kTokenOctets = 32;

Token::Digest digest_of(std::string_view token) {
  Token::Digest digest;
  static_assert(sizeof digest == SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

std::optional<Token::Digest> parse_digest(std::string_view text) {
  Token::Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const end = text.data() + 2 * i + 2;
    const auto [stop, error] = std::from_chars(text.data() + 2 * i, end, digest[i], 16);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  return digest;
}

// The words of a line, but no more than one too many.
std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::size_t kWordsMax = 4;
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<std::string_view> words;
  while (words.size() < kWordsMax) {
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    words.push_back(line.substr(0, line.find_first_of(kBlanks)));
    line.remove_prefix(words.back().size());
  }
  return words;
}

// Why `words` are no token; empty: it is in `token`.
std::string read_token(const std::vector<std::string_view>& words, Token& token) {
  if (words.size() != 3) return "a line is ROLE NAME DIGEST; `rhumb token` prints one";
  const auto role = role_from_text(words[0]);
  if (!role) {
    return fmt::format("\"{}\" is not a role{}: read, operate and admin are", words[0].substr(0, kTokenNameMax),
                       suggestion(words[0], {"read", "operate", "admin"}));
  }
  if (!is_token_name(words[1])) {
    return fmt::format("a name is made of letters, digits and \"-_.@\", at most {}", kTokenNameMax);
  }
  const auto digest = parse_digest(words[2]);
  if (!digest) return "the digest is not a SHA-256 in hex, which has 64 digits; `rhumb token` prints one";
  token = {*role, std::string(words[1]), *digest};
  return {};
}

}  // namespace

const Token* Tokens::find(std::string_view token) const {
  if (token.size() > kTokenMax) return nullptr;
  const Token::Digest digest = digest_of(token);
  const Token* found = nullptr;
  for (const Token& known : tokens_) {
    if (CRYPTO_memcmp(known.digest.data(), digest.data(), digest.size()) == 0) found = &known;
  }
  return found;
}

ReadTokens read_tokens(std::string_view text) {
  ReadTokens result;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const auto words = words_of(whole);
    if (words.empty() || words.front().starts_with('#')) continue;
    Token token{};
    std::string error = read_token(words, token);
    if (error.empty() && std::ranges::find(result.tokens, token.digest, &Token::digest) != result.tokens.end()) {
      error = "this token stands twice";
    }
    if (error.empty() && result.tokens.size() == kTokensMax) error = fmt::format("more than {} tokens", kTokensMax);
    if (!error.empty()) return {{}, line, std::move(error)};
    result.tokens.push_back(std::move(token));
  }
  return result;
}

std::string new_token() {
  std::array<unsigned char, kTokenOctets> octets{};
  if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) {
    throw std::runtime_error("no random numbers can be had from the system");
  }
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr unsigned kDigitBits = 6;
  std::string token;
  unsigned bits = 0;
  unsigned count = 0;
  for (const unsigned char octet : octets) {
    bits = bits << 8 | octet;
    for (count += 8; count >= kDigitBits; count -= kDigitBits)
      token += kDigits[bits >> (count - kDigitBits) & 0x3F];
  }
  token += kDigits[bits << (kDigitBits - count) & 0x3F];
  return token;
}

std::string token_line(Role role, std::string_view name, std::string_view token) {
  std::string digest;
  for (const std::uint8_t octet : digest_of(token))
    digest += fmt::format("{:02x}", octet);
  return fmt::format("{} {} {}", to_text(role), name, digest);
}

bool is_token_name(std::string_view name) noexcept {
  const auto is_of_name = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("-_.@").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kTokenNameMax && std::ranges::all_of(name, is_of_name);
}

}  // namespace rhumb::control
