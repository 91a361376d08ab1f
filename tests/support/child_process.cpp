#include "support/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <system_error>

#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

// The file descriptor of a new file.
int create(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), file.string());
  return fd;
}

// In the child. Other threads may hold any lock: nothing here may allocate.
[[noreturn]] void become(char* const* arguments, const char* directory, int output, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool is_ready = chdir(directory) == 0 && dup2(output, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0;
  // Asio's sockets are inherited otherwise: a backend that the test closes would go on listening.
  close_range(STDERR_FILENO + 1, ~0U, 0);
  if (is_ready) execv(arguments[0], arguments);
  _exit(127);
}

pid_t start(const std::vector<std::string>& words, const std::filesystem::path& directory, int output, int log) {
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));  // execv(3) does not write to them
  arguments.push_back(nullptr);
  const pid_t id = fork();
  if (id == 0) become(arguments.data(), directory.c_str(), output, log);
  const int error = errno;
  close(output);
  close(log);
  if (id < 0) throw std::system_error(error, std::generic_category(), "fork");
  return id;
}

std::string exit_text(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "status " + std::to_string(WEXITSTATUS(status));
}

// Two runs in one directory keep their files apart.
std::string unique_name(const char* what) {
  static int runs = 0;
  return std::string(what) + std::to_string(++runs);
}

}  // namespace

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

ChildProcess::ChildProcess(const std::filesystem::path& directory, const std::vector<std::string>& words)
    : output_file_(directory / unique_name("output-")),
      log_file_(directory / unique_name("log-")),
      id_(start(words, directory, create(output_file_), create(log_file_))) {}

ChildProcess::~ChildProcess() {
  if (!is_running()) return;
  signal(SIGKILL);
  waitpid(id_, nullptr, 0);
}

void ChildProcess::signal(int number) const {
  if (exit_.empty()) kill(id_, number);  // otherwise the number may be somebody else's by now
}

bool ChildProcess::is_running() {
  int status = 0;
  if (exit_.empty() && waitpid(id_, &status, WNOHANG) == id_) exit_ = exit_text(status);
  return exit_.empty();
}

std::string ChildProcess::wait_for_exit() {
  return wait_until([this] { return !is_running(); }) ? exit_ : "still running";
}

std::string ChildProcess::output() const {
  return read_file(output_file_);
}

std::string ChildProcess::log() const {
  return read_file(log_file_);
}

}  // namespace rhumb::test
