// Where lines of the log end up: a file, or systemd's journal. Standard error is spdlog's own.
//
// Neither has a lock of its own: Log's sink (log.cpp) has one for whichever it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include "transport/socket.hpp"

namespace rhumb::daemon {

// Each line is with the kernel, whole, when it is logged. What cannot be written to the file goes to standard error.
class FileSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  // Opens the file for appending, and makes it if there is none, for its owner and group. Throws std::system_error
  // that names it.
  explicit FileSink(const std::filesystem::path& file);

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

  transport::Descriptor file_;
};

// Fields that a message has in the journal beside its text, "NAME=VALUE"; alive until the message is logged. Of the
// thread that logs: spdlog has no room for them in a message, and calls its sinks where the message is logged.
class MessageFields {
 public:
  explicit MessageFields(const std::vector<std::string>& fields) noexcept;
  ~MessageFields();
  MessageFields(const MessageFields&) = delete;
  MessageFields& operator=(const MessageFields&) = delete;

  // Of the message that is being logged.
  [[nodiscard]] static const std::vector<std::string>& current() noexcept;
};

// MESSAGE, PRIORITY, SYSLOG_IDENTIFIER=rhumb, and the message's fields. The journal adds what it knows itself: the
// process, the unit.
class JournalSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  // Throws std::system_error that says so if there is no journal here.
  JournalSink();

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
};

}  // namespace rhumb::daemon
