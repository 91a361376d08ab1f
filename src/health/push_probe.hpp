// Checks of type push whose reports are files: somebody else judges the instance, and writes "up" or "down" into a
// file.
//
// The file is read at each interval; when it was last modified is when it was reported. It must be on a local disk, for
// all probes wait while it is read.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "health/check.hpp"
#include "health/outcome.hpp"

namespace rhumb::health {

// Of a report, only so much is read.
inline constexpr std::size_t kReportMax = 1'024;

// The file of an instance: `pattern` with "{address}", "{region}" and "{service}" replaced. A '/' in what stands for
// them becomes '_': each is no more than the name of a file.
[[nodiscard]] std::string report_file_of(std::string_view pattern, const std::string& address,
                                         const std::string& region, const std::string& service);

// What the report of a check with a file says at `now`. Its first line is "up", "down" or "down REASON". A report that
// is missing, unreadable or older than the check's ttl has expired: then it is a failure, or nobody's opinion.
[[nodiscard]] Outcome read_report(const Check& check, std::chrono::system_clock::time_point now);

}  // namespace rhumb::health
