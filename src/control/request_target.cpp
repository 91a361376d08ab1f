#include "control/request_target.hpp"

#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace rhumb::control {
namespace {

constexpr std::size_t kEscapeSize = 3;  // "%2F"

std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    if (text.size() - at < kEscapeSize) return std::nullopt;
    unsigned octet = 0;
    const char* const end = text.data() + at + kEscapeSize;
    const auto [stop, error] = std::from_chars(text.data() + at + 1, end, octet, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    plain += static_cast<char>(octet);
    at += kEscapeSize - 1;
  }
  return plain;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (parts.size() <= kTargetPartsMax) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

bool read_path(std::string_view text, std::vector<std::string>& path) {
  for (const std::string_view part : split(text, '/')) {
    auto plain = unescape(part);
    if (!plain || path.size() == kTargetPartsMax) return false;
    path.push_back(std::move(*plain));
  }
  return true;
}

bool read_query(std::string_view text, std::map<std::string, std::string>& query) {
  for (const std::string_view member : split(text, '&')) {
    const std::size_t equals = member.find('=');
    auto key = unescape(member.substr(0, equals));
    auto value = unescape(equals == std::string_view::npos ? std::string_view() : member.substr(equals + 1));
    if (!key || !value || query.size() == kTargetPartsMax) return false;
    if (!query.emplace(std::move(*key), std::move(*value)).second) return false;
  }
  return true;
}

}  // namespace

std::optional<RequestTarget> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  const std::size_t question_mark = target.find('?');
  RequestTarget result;
  if (!read_path(target.substr(0, question_mark).substr(1), result.path)) return std::nullopt;
  if (question_mark == std::string_view::npos || question_mark + 1 == target.size()) return result;
  if (!read_query(target.substr(question_mark + 1), result.query)) return std::nullopt;
  return result;
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    escaped += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

}  // namespace rhumb::control
