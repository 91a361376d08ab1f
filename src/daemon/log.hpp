// The server's log, on standard error, where systemd and container engines expect it: lines for people, or JSON.
#pragma once

#include <string>

#include "config/events_reader.hpp"

namespace rhumb::daemon {

// Makes spdlog's default logger write text to standard error. Once, before anything is logged.
void start_log();

// From the next line on, as the configuration wants it. With JSON, a line is {"time": …, "level": …, "message": …}, and
// one of log_json() the object that it is given. From any thread.
void set_log_format(config::LogFormat format);

// The format that was set last.
[[nodiscard]] config::LogFormat log_format();

// One line that is a whole JSON object already.
void log_json(const std::string& object);

}  // namespace rhumb::daemon
