#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "base/suggestion.hpp"
#include "cli/commands.hpp"
#include "cli/status_text.hpp"
#include "control/operations_json.hpp"

namespace rhumb::cli {
namespace {

constexpr int kNotWell = 2;

// https://no-color.org
bool has_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

// Why there is nothing to show of what was asked for.
std::optional<std::string> complaint(const StatusOptions& options, const health::Status& status) {
  const std::string service = canonical_service(options.service);
  if (!options.region.empty()) return check_scope({options.region, service}, status);
  if (service.empty()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const health::InstanceStatus& instance : status.instances)
    names.emplace_back(instance.service);
  if (std::ranges::find(names, service) != names.end()) return std::nullopt;
  return fmt::format("\"{}\" is not a service{}", service, suggestion(service, names));
}

struct Answer {
  std::string text;
  int exit_status;
};

Answer ask(control::ControlClient& server, const StatusOptions& options) {
  const health::Status whole = server.status();
  if (const auto wrong = complaint(options, whole)) throw std::runtime_error(*wrong);
  const health::Status status = only(whole, canonical_service(options.service), options.region);
  const int exit_status = is_well(status) ? 0 : kNotWell;
  if (options.as_json) return {control::to_json(status, control::Layout::indented) + "\n", exit_status};
  return {cli::to_text(status, {options.has_probes, has_colour()}), exit_status};
}

// Until the process is told to stop. A server that is away may come back.
[[noreturn]] void watch(const StatusOptions& options) {
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  std::unique_ptr<control::ControlClient> server;
  while (true) {
    std::string text;
    try {
      if (!server) server = connect(options.server);
      text = ask(*server, options).text;
    } catch (const control::Unreachable& error) {
      server.reset();
      text = fmt::format("rhumb status: {}\n", error.what());
    }
    fmt::print("{}{}", is_terminal ? "\x1b[H\x1b[2J" : "", text);
    static_cast<void>(std::fflush(stdout));
    std::this_thread::sleep_for(std::chrono::duration<double>(*options.watch_s));
  }
}

}  // namespace

int status(const StatusOptions& options) {
  if (options.watch_s) watch(options);
  const Answer answer = ask(*connect(options.server), options);
  fmt::print("{}", answer.text);
  return answer.exit_status;
}

}  // namespace rhumb::cli
