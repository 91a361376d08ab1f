// Another program, as a child of the test. It never outlives it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace rhumb::test {

class ChildProcess {
 public:
  // Starts `words` (an absolute path and its arguments) in `directory`, where what it prints is kept in files. From the
  // main thread: the kernel kills the child when the thread that started it ends.
  ChildProcess(const std::filesystem::path& directory, const std::vector<std::string>& words);
  // Kills it, if it is still running.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t id() const noexcept { return id_; }
  void signal(int number) const;
  [[nodiscard]] bool is_running();
  // How it ended: "status 0", "signal 11"; "still running" when it has not, after kPatience.
  [[nodiscard]] std::string wait_for_exit();

  // All that it has printed so far.
  [[nodiscard]] std::string output() const;  // to standard output
  [[nodiscard]] std::string log() const;     // to standard error

 private:
  std::filesystem::path output_file_;
  std::filesystem::path log_file_;
  pid_t id_;
  std::string exit_;  // empty: not known to have ended
};

// All that is in the file; empty when there is none.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

}  // namespace rhumb::test
