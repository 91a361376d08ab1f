// Sends queries to a server and takes note of the answers.
//
// One thread, which should have a core of its own: it never sleeps, for to be woken would be at the server's expense
// (it is the sender who wakes) and part of the latencies. Queries and answers go in batches of up to kBatchMax.
//
// With a window, a query is sent for each that is answered or lost: the server is never idle, and its queue never
// longer than the window. With a rate, each query is due at a time that was fixed beforehand, and its latency counts
// from then: what a slow answer keeps from being sent in time waits on the record, too.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "latency_histogram.hpp"
#include "options.hpp"
#include "query_file.hpp"

namespace rhumb::load {

struct Outcome {
  double began_at_s = 0;  // of the system's monotonic clock
  std::uint64_t due = 0;  // queries that should have been sent
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;  // within the time limit; the others that were due are lost
  double seconds = 0;          // from the first query to the last answer
  LatencyHistogram latencies;
  std::vector<LatencyHistogram> intervals;  // by when queries were due; empty if not asked for
  std::array<std::uint64_t, 16> rcodes{};

  [[nodiscard]] std::uint64_t lost() const noexcept { return due - answered; }
};

// Throws std::system_error when the sockets fail, std::runtime_error when nobody listens at the server's port.
[[nodiscard]] Outcome generate(const Options& options, QueryFile& queries);

// So many queries in a row must be different places in memory.
inline constexpr std::size_t kBatchMax = 64;

}  // namespace rhumb::load
