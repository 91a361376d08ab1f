// What is to be measured, as the command line says it.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rhumb::load {

struct Options {
  sockaddr_in server{};
  std::string queries;                 // a file, see QueryFile
  std::size_t sockets = 8;             // source ports
  std::size_t window = 128;            // queries in flight; 200 already overflow a receive buffer of Linux's usual size
  std::optional<double> rate;          // queries a second; then `window` is only a limit
  double seconds = 5;                  // for how long queries are sent
  std::optional<std::uint64_t> count;  // of queries; then there is no limit to the time
  double time_limit_s = 1;             // a query without an answer for so long is lost
  double interval_s = 0;               // if not 0, latencies are also told for each interval of this length
  std::optional<unsigned> core;        // where the thread stays
};

// Throws std::runtime_error that says what is wrong with the command line.
[[nodiscard]] Options parse_options(int count, char** words);

extern const char* const kUsage;

}  // namespace rhumb::load
