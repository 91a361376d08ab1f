#include "daemon/log.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "control/notice.hpp"
#include "daemon/line_budget.hpp"
#include "daemon/log_sinks.hpp"

namespace rhumb::daemon {
namespace {

using Formatter = std::unique_ptr<spdlog::formatter>;
using Target = std::unique_ptr<spdlog::sinks::sink>;

constexpr const char* kTextPattern = "%Y-%m-%d %H:%M:%S.%e %^%l%$: %v";
constexpr const char* kJournalPattern = "%v";  // it knows the time and the priority

// The logger whose lines are objects already.
constexpr const char* kObjects = "rhumb-objects";

std::string_view view(spdlog::string_view_t text) {
  return {text.data(), text.size()};
}

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::string text =
        view(message.logger_name) == kObjects ? std::string(view(message.payload)) : to_object(message);
    line.append(text.data(), text.data() + text.size());
    line.push_back('\n');
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }

 private:
  static std::string to_object(const spdlog::details::log_msg& message) {
    const nlohmann::ordered_json object = {
        {"time", control::to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(message.time))},
        {"level", view(spdlog::level::to_string_view(message.level))},
        {"message", view(message.payload)}};
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
};

// What all loggers write to: whatever target there is at the time, and no more than the budget allows.
class LogSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void write_to(Target target) {
    const std::lock_guard lock(mutex_);
    target_ = std::move(target);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const bool is_admitted = budget_.admits(message.time);
    const std::size_t left_out = budget_.take_left_out();
    if (left_out > 0) tell_left_out(left_out, message.time);
    if (is_admitted) target_->log(message);
  }

  void tell_left_out(std::size_t count, spdlog::log_clock::time_point time) {
    const std::string text = fmt::format("{} lines were left out: more than {} in {} s", count, LineBudget::kLinesMax,
                                         LineBudget::kSpan.count());
    target_->log({time, {}, "rhumb", spdlog::level::warn, text});
  }

  void flush_() override { target_->flush(); }

  Target target_;
  LineBudget budget_;
};

// The one log of the process.
struct State {
  std::shared_ptr<LogSink> sink = std::make_shared<LogSink>();
  config::Log log = {};  // as it is now
  std::atomic<config::LogFormat> format = config::LogFormat::text;
};

State& state() {
  static State state;
  return state;
}

Formatter formatter_for(const config::Log& log) {
  if (log.format == config::LogFormat::json) return std::make_unique<JsonFormatter>();
  const bool is_journal = log.place == config::LogPlace::journal;
  return std::make_unique<spdlog::pattern_formatter>(is_journal ? kJournalPattern : kTextPattern);
}

Target unformatted_target_for(const config::Log& log) {
  switch (log.place) {
    case config::LogPlace::file:
      return std::make_unique<FileSink>(log.file);
    case config::LogPlace::journal:
      return std::make_unique<JournalSink>();
    case config::LogPlace::standard_error:
      break;
  }
  return std::make_unique<spdlog::sinks::stderr_color_sink_st>();
}

// Throws std::system_error.
Target target_for(const config::Log& log) {
  Target target = unformatted_target_for(log);
  target->set_formatter(formatter_for(log));
  return target;
}

spdlog::level::level_enum level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::error:
      return spdlog::level::err;
    case config::LogLevel::warning:
      return spdlog::level::warn;
    case config::LogLevel::info:
      return spdlog::level::info;
    case config::LogLevel::debug:
      break;
  }
  return spdlog::level::debug;
}

std::string name_of(const config::Log& log) {
  switch (log.place) {
    case config::LogPlace::file:
      return log.file.string();
    case config::LogPlace::journal:
      return "the journal";
    case config::LogPlace::standard_error:
      break;
  }
  return "standard error";
}

bool is_same_place(const config::Log& a, const config::Log& b) {
  return a.place == b.place && a.file == b.file;
}

// Opened aside: the log is in the old place until the new one is there.
std::optional<std::string> open(const config::Log& log) {
  try {
    Target target = target_for(log);
    if (!is_same_place(log, state().log)) spdlog::info("the log goes on in {}", name_of(log));
    state().sink->write_to(std::move(target));
    return std::nullopt;
  } catch (const std::system_error& error) {
    return error.what();
  }
}

}  // namespace

void start_log() {
  State& own = state();
  own.sink->write_to(target_for({}));
  // Onto the same sink, so that lines do not mix.
  spdlog::register_logger(std::make_shared<spdlog::logger>(kObjects, own.sink));
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("rhumb", own.sink));
}

std::optional<std::string> use_log(const config::Log& log) {
  State& own = state();
  if (log == own.log) return std::nullopt;
  if (auto fault = open(log)) return fault;
  own.log = log;
  own.format = log.format;
  spdlog::set_level(level_of(log.level));
  return std::nullopt;
}

std::optional<std::string> reopen_log() {
  if (state().log.place != config::LogPlace::file) return std::nullopt;
  return open(state().log);
}

void log_entry(const LogEntry& entry) {
  const MessageFields fields(entry.fields);
  const auto log = [&entry](spdlog::logger& logger, const std::string& line) {
    logger.log(entry.level, spdlog::string_view_t(line.data(), line.size()));
  };
  if (state().format == config::LogFormat::json) return log(*spdlog::get(kObjects), entry.object);
  log(*spdlog::default_logger_raw(), entry.text);
}

}  // namespace rhumb::daemon
