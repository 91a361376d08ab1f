// Loading as an operator hears of it: what is wrong, doubtful or different is logged, and kept for who has asked.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/problems.hpp"
#include "daemon/loader.hpp"
#include "steering/latency.hpp"

namespace rhumb::daemon {

void log_problems(const Problems& problems);

// In the log, and behind `lines`, which are told to who asked.
void note(const Problems& problems, std::vector<std::string>& lines);
// What is different; "nothing has changed" if that is nothing.
void note(std::vector<std::string> changes, std::vector<std::string>& lines);

// "12 networks, 3 ASes and 2 countries with enough samples"
[[nodiscard]] std::string summary(const steering::Latencies& latencies);

// As load(), which says what comes when. Then the log is where the configuration wants it; at a start, it is an error
// if that cannot be. What is wrong or doubtful is noted in `lines`.
[[nodiscard]] std::optional<Loaded> load_and_log(const std::filesystem::path& config_file, const Secrets& secrets,
                                                 const Served* served, std::vector<std::string>& lines);

// At a start, on a thread that makes way for the server that is being replaced.
[[nodiscard]] std::optional<Loaded> load_aside(const std::filesystem::path& config_file, const Secrets& secrets,
                                               std::vector<std::string>& lines);

}  // namespace rhumb::daemon
