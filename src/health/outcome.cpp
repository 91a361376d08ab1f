#include "health/outcome.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace rhumb::health {

Outcome success(std::string evidence) {
  return {Outcome::Kind::success, std::move(evidence)};
}

Outcome failure(std::string evidence) {
  return {Outcome::Kind::failure, std::move(evidence)};
}

Outcome inconclusive(std::string evidence) {
  return {Outcome::Kind::inconclusive, std::move(evidence)};
}

Outcome cancelled() {
  return inconclusive("cancelled");
}

Outcome timed_out(const Target& target, std::string_view activity) {
  return failure(fmt::format("timeout after {} {}", duration_text(target.check.timeout_ms), activity));
}

Outcome failed_at(std::string_view activity, const boost::system::error_code& error) {
  std::string evidence = fmt::format("{}: {}", activity, error.message());
  return is_local_trouble(error) ? inconclusive(std::move(evidence)) : failure(std::move(evidence));
}

bool is_local_trouble(const boost::system::error_code& error) noexcept {
  if (error.category() != boost::system::system_category()) return false;
  switch (error.value()) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EACCES:
    case EPERM:
      return true;
    default:
      return false;
  }
}

std::string duration_text(std::uint64_t ms) {
  return ms < 1'000 ? fmt::format("{}ms", ms) : fmt::format("{}s", static_cast<double>(ms) / 1'000);
}

std::string duration_text(Duration duration) {
  return duration_text(static_cast<std::uint64_t>(std::max(duration, Duration(0)).count()));
}

}  // namespace rhumb::health
