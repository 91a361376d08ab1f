// What another geo database changes, for people and for programs.
#pragma once

#include <string>

#include "daemon/database_change.hpp"

namespace rhumb::cli {

// What is told besides the change.
struct ChangeHeading {
  std::string before;
  std::string after;
  std::string clients;
  double limit = 1;  // of what a service may move, from 0 to 1
};

// The exit status when more clients move than "geoip_guard" lets.
inline constexpr int kOverLimit = 2;

[[nodiscard]] std::string to_text(const ChangeHeading& heading, const daemon::DatabaseChange& change);
[[nodiscard]] std::string to_json(const ChangeHeading& heading, const daemon::DatabaseChange& change);

}  // namespace rhumb::cli
