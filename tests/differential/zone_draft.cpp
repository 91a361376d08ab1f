#include "zone_draft.hpp"

#include <fmt/format.h>

namespace rhumb::differential {

std::string absolute(std::string_view relative, std::string_view origin) {
  if (relative == "@") return std::string(origin);
  if (relative.ends_with('.')) return std::string(relative);
  return fmt::format("{}.{}", relative, origin == "." ? "" : origin);
}

bool is_at_or_below(std::string_view name, std::string_view ancestor) noexcept {
  if (name.ends_with('.')) return name == ancestor;
  if (name == ancestor || ancestor == "@") return true;
  return name.ends_with(ancestor) && name[name.size() - ancestor.size() - 1] == '.';
}

std::string to_text(const Zone& zone, std::string_view origin) {
  std::string text = fmt::format("$ORIGIN {}\n", origin);
  for (const Record& record : zone.records)
    text += fmt::format("{:<10} {:<5} IN {:<6} {}\n", record.owner, record.ttl, record.type, record.data);
  return text;
}

}  // namespace rhumb::differential
