#include "daemon/log.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>

#include <nlohmann/json.hpp>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "control/notice.hpp"

namespace rhumb::daemon {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%d %H:%M:%S.%e %^%l%$: %v";

// The logger whose lines are objects already.
constexpr const char* kObjects = "rhumb-objects";

std::atomic<config::LogFormat> current_format = config::LogFormat::text;

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

}  // namespace

void start_log() {
  auto log = spdlog::stderr_color_mt("rhumb");
  log->set_pattern(kTextPattern);
  // Onto the same sink, so that lines do not mix.
  spdlog::register_logger(std::make_shared<spdlog::logger>(kObjects, log->sinks().begin(), log->sinks().end()));
  spdlog::set_default_logger(std::move(log));
}

void set_log_format(config::LogFormat format) {
  if (current_format.exchange(format) == format) return;
  std::unique_ptr<spdlog::formatter> formatter;
  if (format == config::LogFormat::json) {
    formatter = std::make_unique<JsonFormatter>();
  } else {
    formatter = std::make_unique<spdlog::pattern_formatter>(kTextPattern);
  }
  spdlog::default_logger_raw()->set_formatter(std::move(formatter));
}

config::LogFormat log_format() {
  return current_format;
}

void log_json(const std::string& object) {
  spdlog::get(kObjects)->log(spdlog::level::info, spdlog::string_view_t(object.data(), object.size()));
}

}  // namespace rhumb::daemon
