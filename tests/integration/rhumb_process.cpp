#include "rhumb_process.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace rhumb::test {
namespace {

// A sanitizer's complaint must not look like the program's own status 1.
void tell_sanitizers() {
  setenv("ASAN_OPTIONS", "exitcode=99", 0);
  setenv("UBSAN_OPTIONS", "exitcode=99:print_stacktrace=1", 0);
  setenv("TSAN_OPTIONS", "exitcode=99", 0);
}

std::vector<std::string> to_words(const std::vector<std::string>& arguments) {
  tell_sanitizers();
  std::vector<std::string> words{RHUMB_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

RhumbProcess::RhumbProcess(const std::filesystem::path& directory, const std::vector<std::string>& arguments)
    : ChildProcess(directory, to_words(arguments)) {}

std::chrono::milliseconds RhumbProcess::cpu_time() const {
  const std::string text = read_file("/proc/" + std::to_string(id()) + "/stat");
  // proc(5): utime and stime are the 14th and 15th field; the second one, in parentheses, may hold anything.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field)
    fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1'000 / sysconf(_SC_CLK_TCK));
}

std::size_t RhumbProcess::resident_size() const {
  std::ifstream status("/proc/" + std::to_string(id()) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib * 1'024;
  }
  return 0;
}

Finished run_rhumb(const std::filesystem::path& directory, const std::vector<std::string>& arguments) {
  RhumbProcess process(directory, arguments);
  std::string exit = process.wait_for_exit();
  return {std::move(exit), process.output(), process.log()};
}

}  // namespace rhumb::test
