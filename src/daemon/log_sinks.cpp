#include "daemon/log_sinks.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <syslog.h>
#define SD_JOURNAL_SUPPRESS_LOCATION  // the place in the source is of use to nobody who reads the log
#include <systemd/sd-journal.h>

namespace rhumb::daemon {
namespace {

// Its owner and group: it names clients' networks, and says where services are weak.
constexpr mode_t kLogMode = 0640;

// What sd-journal writes to; where it is not there, it does nothing without a word.
constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

thread_local const std::vector<std::string>* current_fields = nullptr;

// Without waiting, should the file be a pipe that nobody reads.
transport::Descriptor open_log(const std::filesystem::path& file) {
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const int descriptor = ::open(file.c_str(), flags, kLogMode);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), file.string());
  return transport::Descriptor(descriptor);
}

// Whole, in one call, so that lines of several processes do not mix (O_APPEND).
bool write_line(int descriptor, std::string_view line) {
  ssize_t written = 0;
  do {
    written = ::write(descriptor, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(line.size());
}

int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return LOG_DEBUG;
    case spdlog::level::warn:
      return LOG_WARNING;
    case spdlog::level::err:
      return LOG_ERR;
    case spdlog::level::critical:
      return LOG_CRIT;
    default:
      return LOG_INFO;
  }
}

iovec to_iovec(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size()};  // it is only read
}

}  // namespace

FileSink::FileSink(const std::filesystem::path& file) : file_(open_log(file)) {}

void FileSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  const std::string_view text(line.data(), line.size());
  if (!write_line(file_.get(), text)) static_cast<void>(write_line(STDERR_FILENO, text));
}

MessageFields::MessageFields(const std::vector<std::string>& fields) noexcept {
  current_fields = &fields;
}

MessageFields::~MessageFields() {
  current_fields = nullptr;
}

const std::vector<std::string>& MessageFields::current() noexcept {
  static const std::vector<std::string> kNone;
  return current_fields != nullptr ? *current_fields : kNone;
}

JournalSink::JournalSink() {
  if (access(kJournalSocket, W_OK) == 0) return;
  throw std::system_error(errno, std::generic_category(), fmt::format("no journal can be reached: {}", kJournalSocket));
}

void JournalSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  std::string_view text(line.data(), line.size());
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::string own = fmt::format("MESSAGE={}", text);
  const std::string priority = fmt::format("PRIORITY={}", priority_of(message.level));
  const std::string identifier = "SYSLOG_IDENTIFIER=rhumb";
  std::vector<iovec> fields{to_iovec(own), to_iovec(priority), to_iovec(identifier)};
  for (const std::string& field : MessageFields::current())
    fields.push_back(to_iovec(field));
  // It cannot be said anywhere else that the journal does not take a line.
  static_cast<void>(sd_journal_sendv(fields.data(), static_cast<int>(fields.size())));
}

}  // namespace rhumb::daemon
