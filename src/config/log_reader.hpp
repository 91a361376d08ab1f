// The member "log": where the server's log goes, how its lines look, and which of them there are.
#pragma once

#include <cstdint>
#include <filesystem>

#include "config/json_place.hpp"

namespace rhumb::config {

enum class LogFormat : std::uint8_t {
  text,  // for people
  json,  // an object a line
};

// From what must not be missed to what only helps to find a fault. Each includes those before it.
enum class LogLevel : std::uint8_t { error, warning, info, debug };

enum class LogPlace : std::uint8_t { standard_error, journal, file };

struct Log {
  LogPlace place = LogPlace::standard_error;
  std::filesystem::path file = {};  // absolute; of LogPlace::file only
  LogFormat format = LogFormat::text;
  LogLevel level = LogLevel::info;

  friend bool operator==(const Log&, const Log&) = default;
};

// Of what is refused the usual value is in the result. Whether it can be written to is not looked at.
[[nodiscard]] Log read_log(const JsonPlace& place);

}  // namespace rhumb::config
