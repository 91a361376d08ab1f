#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "control/query_sink.hpp"
#include "transport/socket.hpp"

namespace rhumb::control {
namespace {

// Its owner and group: it tells who asked for what.
constexpr mode_t kQueryLogMode = 0640;

class FileSink : public QuerySink {
 public:
  FileSink(std::filesystem::path file, std::string head, std::string begins)
      : file_(std::move(file)), head_(std::move(head)), begins_(std::move(begins)) {}

  [[nodiscard]] Written write(const Batch& batch) override {
    if (!is_in_place() && !open()) return {0, std::exchange(error_, {})};
    const ssize_t written = ::write(file_descriptor_.get(), batch.octets.data(), batch.octets.size());
    if (written == static_cast<ssize_t>(batch.octets.size())) return {batch.ends.size()};
    const int error = written < 0 ? errno : ENOSPC;
    const auto size = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
    const auto whole = std::ranges::upper_bound(batch.ends, size) - batch.ends.begin();
    if (size > 0) take_back(size - (whole == 0 ? 0 : batch.ends[static_cast<std::size_t>(whole) - 1]));
    return {static_cast<std::size_t>(whole), fmt::format("{}: {}", file_.string(), std::strerror(error))};
  }

 private:
  // Whether what is open is what stands at the path.
  [[nodiscard]] bool is_in_place() const {
    struct stat ours {};
    struct stat there {};
    return file_descriptor_.get() >= 0 && fstat(file_descriptor_.get(), &ours) == 0 &&
           stat(file_.c_str(), &there) == 0 && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
  }

  // False, and an error, when it cannot be written to.
  bool open() {
    // Not to wait for the reader of a pipe.
    constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    file_descriptor_ = transport::Descriptor(::open(file_.c_str(), kFlags, kQueryLogMode));
    if (file_descriptor_.get() < 0) return fail(std::strerror(errno));
    struct stat found {};
    if (fstat(file_descriptor_.get(), &found) != 0) return fail(std::strerror(errno));
    if (S_ISREG(found.st_mode) && found.st_size > 0) {
      return is_of_this_kind() || fail("is there and is no log of this format: move it away");
    }
    const auto size = static_cast<ssize_t>(head_.size());
    return ::write(file_descriptor_.get(), head_.data(), head_.size()) == size || fail(std::strerror(errno));
  }

  [[nodiscard]] bool is_of_this_kind() const {
    std::string start(begins_.size(), '\0');
    return pread(file_descriptor_.get(), start.data(), start.size(), 0) == static_cast<ssize_t>(start.size()) &&
           start == begins_;
  }

  bool fail(const char* why) {
    error_ = fmt::format("{}: {}", file_.string(), why);
    file_descriptor_ = transport::Descriptor();
    return false;
  }

  // The last octets that were written, unless somebody, such as a successor, has written behind them.
  void take_back(std::size_t octets) const {
    const off_t end = lseek(file_descriptor_.get(), 0, SEEK_CUR);
    struct stat found {};
    if (octets == 0 || end < 0 || fstat(file_descriptor_.get(), &found) != 0 || found.st_size != end) return;
    static_cast<void>(ftruncate(file_descriptor_.get(), end - static_cast<off_t>(octets)));
  }

  std::filesystem::path file_;
  std::string head_;
  std::string begins_;
  std::string error_;
  transport::Descriptor file_descriptor_;
};

}  // namespace

std::unique_ptr<QuerySink> make_file_sink(std::filesystem::path file, std::string head, std::string begins) {
  return std::make_unique<FileSink>(std::move(file), std::move(head), std::move(begins));
}

}  // namespace rhumb::control
