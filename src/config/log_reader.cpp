#include "config/log_reader.hpp"

#include <optional>
#include <string>

#include <fmt/format.h>

namespace rhumb::config {
namespace {

// A path must be absolute: a slip in one of the two words would be a file of that name otherwise.
void read_destination(const JsonPlace& place, Log& log) {
  const std::optional<std::string> text = place.text();
  if (!text || *text == "stderr") return;
  if (*text == "journal") {
    log.place = LogPlace::journal;
  } else if (text->starts_with('/') && text->find('\0') == std::string::npos) {
    log.place = LogPlace::file;
    log.file = std::filesystem::path(*text).lexically_normal();
  } else {
    place.error(fmt::format("\"{}\" is neither \"stderr\" nor \"journal\" nor an absolute path", *text));
  }
}

}  // namespace

Log read_log(const JsonPlace& place) {
  Log log;
  if (!place.has_only({"to", "format", "level"})) return log;
  if (const auto to = place.member("to")) read_destination(*to, log);
  if (const auto format = place.member("format")) {
    log.format = format->choice<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}).value_or(log.format);
  }
  if (const auto level = place.member("level")) {
    log.level = level
                    ->choice<LogLevel>({{"error", LogLevel::error},
                                        {"warning", LogLevel::warning},
                                        {"info", LogLevel::info},
                                        {"debug", LogLevel::debug}})
                    .value_or(log.level);
  }
  return log;
}

}  // namespace rhumb::config
