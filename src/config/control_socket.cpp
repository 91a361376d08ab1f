#include "config/control_socket.hpp"

#include <fmt/format.h>

#include "config/json_file.hpp"
#include "control/socket_path.hpp"

namespace rhumb::config {

std::optional<std::filesystem::path> read_control_socket(const JsonPlace& top, const std::filesystem::path& file) {
  const auto control = top.member("control");
  if (!control || !control->has_only({"socket"})) return std::nullopt;
  const auto place = control->required("socket");
  const auto text = place ? place->text() : std::nullopt;
  if (!text) return std::nullopt;
  auto socket = (file.parent_path() / *text).lexically_normal();
  if (text->empty() || text->find('\0') != std::string::npos) {
    place->error("must be the path of a file");
  } else if (socket.native().size() > control::kSocketPathMax) {
    place->error(fmt::format("{} has {} octets, and the path of a Unix socket at most {}", socket.string(),
                             socket.native().size(), control::kSocketPathMax));
  } else {
    return socket;
  }
  return std::nullopt;
}

std::optional<std::filesystem::path> find_control_socket(const std::filesystem::path& file, Problems& problems) {
  const auto document = parse_json_file(file, problems);
  if (!document) return std::nullopt;
  const JsonPlace top(*document, file, problems);
  if (top.is_object()) return read_control_socket(top, file);
  top.error("must be an object");
  return std::nullopt;
}

}  // namespace rhumb::config
