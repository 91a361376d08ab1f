// The server's log: on standard error, where systemd and container engines expect it, until the configuration says
// where else it goes; lines for people, or JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <spdlog/common.h>

#include "config/log_reader.hpp"

namespace rhumb::daemon {

// Makes spdlog's default logger write text to standard error. Once, before anything is logged.
void start_log();

// From the next line on, as the configuration wants it. With JSON, a line is {"time": …, "level": …, "message": …}.
// If that place cannot be opened the log stays as it is, and the result says why. Not from two threads at once;
// others may log meanwhile.
[[nodiscard]] std::optional<std::string> use_log(const config::Log& log);

// Opens the file anew, if the log is in one: another may be in its place, as after logrotate(8). If it cannot be opened
// the log goes on in the old one, and the result says why. As use_log().
[[nodiscard]] std::optional<std::string> reopen_log();

// What has three forms: `text`, or with JSON `object`, which is one; and in the journal `fields` besides, "NAME=VALUE".
// From any thread.
struct LogEntry {
  spdlog::level::level_enum level;
  const std::string& text;
  const std::string& object;
  const std::vector<std::string>& fields;
};
void log_entry(const LogEntry& entry);

}  // namespace rhumb::daemon
