// The real program, as a child of the test. It never outlives it.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace rhumb::test {

class RhumbProcess : public ChildProcess {
 public:
  // Starts `rhumb ARGUMENTS…` in `directory`; see ChildProcess.
  RhumbProcess(const std::filesystem::path& directory, const std::vector<std::string>& arguments);

  // What all its threads have used.
  [[nodiscard]] std::chrono::milliseconds cpu_time() const;
  // Its memory in RAM, in octets.
  [[nodiscard]] std::size_t resident_size() const;
};

// How a run that is over ended, and what it printed.
struct Finished {
  std::string exit;
  std::string output;
  std::string errors;
};

// Runs `rhumb ARGUMENTS…` in `directory` to its end.
[[nodiscard]] Finished run_rhumb(const std::filesystem::path& directory, const std::vector<std::string>& arguments);

}  // namespace rhumb::test
