// Who changed what, and what came of it: a file of JSON, an object a line, that is only ever added to.
//
//   {"time": …, "who": "ada", "role": "operate", "from": "192.0.2.7:41234", "method": "POST", "path": "/v1/overrides",
//    "body": {…}, "outcome": 409, "reason": "…"}
//
// The file is opened for each line, so that it can be moved away at any time, by logrotate or by hand; changes are few.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "base/timestamp.hpp"
#include "control/caller.hpp"

namespace rhumb::control {

struct AuditEntry {
  Timestamp time = {};
  Caller caller;
  std::string method;
  std::string path;    // with the query
  std::string body;    // as it came; what is longer than kAuditedBodyMax is cut
  int outcome = 0;     // the status of the answer
  std::string reason;  // why it was refused; empty: it was not
};

// Octets of a body: an override with all its texts has a fifth of it.
inline constexpr std::size_t kAuditedBodyMax = 4 * 1'024;

// In one line, without its end. A body that is JSON stands in it as such, any other as a text.
[[nodiscard]] std::string to_json(const AuditEntry& entry);

class AuditLog {
 public:
  // `trouble` is called, on the thread that writes, when a line cannot be written, with the reason for people.
  AuditLog(std::filesystem::path file, std::function<void(const std::string& text)> trouble);

  // From one thread. The line is with the kernel when it returns.
  void write(const AuditEntry& entry) const;

 private:
  std::filesystem::path file_;
  std::function<void(const std::string& text)> trouble_;
};

}  // namespace rhumb::control
