// What the operator says of the query log.
#pragma once

#include <cstdint>
#include <filesystem>

#include "dns/anonymous.hpp"

namespace rhumb::control {

struct QueryLogSettings {
  enum class Format : std::uint8_t { json, dnstap };

  std::filesystem::path to;
  bool is_socket = false;  // a Unix socket on which somebody listens for dnstap; else a file
  Format format = Format::json;
  double sample = 0.01;          // of the queries: more than 0, at most 1
  bool is_anonymous = false;     // cookies are cleared, and of clients' addresses no more is kept than
  dns::KeptBits kept_bits = {};  // all, unless it is anonymous

  friend bool operator==(const QueryLogSettings&, const QueryLogSettings&) = default;
};

}  // namespace rhumb::control
