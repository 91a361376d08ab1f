#include "process_cost.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

fs::path folder_of(pid_t process) {
  fs::path folder = "/proc/" + std::to_string(process);
  if (!fs::exists(folder)) throw std::runtime_error("no process " + std::to_string(process));
  return folder;
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  for (const auto& thread : fs::directory_iterator(folder_of(process) / "task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;)
      children.push_back(child);
  }
  return children;
}

}  // namespace

std::uint64_t cpu_time_ns(pid_t process) {
  std::uint64_t sum = 0;
  for (const auto& thread : fs::directory_iterator(folder_of(process) / "task")) {
    std::uint64_t running_ns = 0;
    std::ifstream(thread.path() / "schedstat") >> running_ns;
    sum += running_ns;
  }
  for (const pid_t child : children_of(process))
    sum += cpu_time_ns(child);
  return sum;
}

std::uint64_t resident_size(pid_t process) {
  std::uint64_t sum = 0;
  std::ifstream status(folder_of(process) / "status");
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) sum += kib * 1'024;
  }
  for (const pid_t child : children_of(process))
    sum += resident_size(child);
  return sum;
}
