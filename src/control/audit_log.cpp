#include "control/audit_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rhumb::control {
namespace {

using Json = nlohmann::ordered_json;

// Its owner and group: it names people, and says where services are weak.
constexpr mode_t kAuditLogMode = 0640;

Json body_json(const std::string& body) {
  Json json = body.size() <= kAuditedBodyMax ? Json::parse(body, nullptr, false) : Json(Json::value_t::discarded);
  return json.is_discarded() ? Json(body.substr(0, kAuditedBodyMax)) : json;
}

// Whole, in one call, so that lines of several writers do not mix (O_APPEND).
bool append(const std::filesystem::path& file, const std::string& line) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kAuditLogMode);
  if (descriptor < 0) return false;
  errno = 0;
  const ssize_t written = ::write(descriptor, line.data(), line.size());
  const int error = errno;
  ::close(descriptor);
  errno = error != 0 ? error : ENOSPC;
  return written == static_cast<ssize_t>(line.size());
}

}  // namespace

std::string to_json(const AuditEntry& entry) {
  Json json{{"time", to_rfc3339(entry.time)}, {"who", entry.caller.name}, {"role", to_text(entry.caller.role)},
            {"from", entry.caller.from},      {"method", entry.method},   {"path", entry.path}};
  if (!entry.body.empty()) json["body"] = body_json(entry.body);
  json["outcome"] = entry.outcome;
  if (!entry.reason.empty()) json["reason"] = entry.reason;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

AuditLog::AuditLog(std::filesystem::path file, std::function<void(const std::string& text)> trouble)
    : file_(std::move(file)), trouble_(std::move(trouble)) {}

void AuditLog::write(const AuditEntry& entry) const {
  const std::string line = to_json(entry) + "\n";
  if (append(file_, line)) return;
  trouble_(fmt::format("{}: cannot be written ({}); what is missing there: {}", file_.string(), std::strerror(errno),
                       to_json(entry)));
}

}  // namespace rhumb::control
