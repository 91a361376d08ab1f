#include "config/user_reader.hpp"

#include <fmt/format.h>

#include "config/json_file.hpp"

namespace rhumb::config {

std::optional<std::string> read_user(const JsonPlace& top) {
  const auto place = top.member("user");
  auto name = place ? place->text() : std::nullopt;
  if (!name) return std::nullopt;
  if (!name->empty() && name->size() <= kUserNameMax && name->find('\0') == std::string::npos) return name;
  place->error(fmt::format("must be the name of a user, of at most {} octets", kUserNameMax));
  return std::nullopt;
}

std::optional<std::string> find_user(const std::filesystem::path& file, Problems& problems) {
  const auto document = parse_json_file(file, problems);
  if (!document) return std::nullopt;
  const JsonPlace top(*document, file, problems);
  if (top.is_object()) return read_user(top);
  top.error("must be an object");
  return std::nullopt;
}

}  // namespace rhumb::config
