// A connection to the API of a running server: over its Unix socket, or over TCP with a token.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "control/administration.hpp"
#include "control/url.hpp"
#include "health/operations.hpp"

namespace rhumb::control {

// Nobody could be asked, or there is no answer that can be read; then whether the call was made is not known, and the
// connection is of no use any more. what() says why, and what to do.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A server over TCP. With https its certificate must be good, and of the name or address in the URL; whom to trust is
// the system's to say.
struct RemoteServer {
  Url url;
  std::string token = {};  // empty: none is shown
};

// The server's operations, asked from afar. From one thread at a time. All calls throw Unreachable.
class ControlClient final : public health::Operations {
 public:
  // For connecting, and for each call.
  static constexpr std::chrono::milliseconds kPatience{10'000};
  // For what reads databases, as a reload does: those of some size take seconds, on a busy machine minutes.
  static constexpr std::chrono::milliseconds kLongPatience = std::chrono::minutes(30);

  // Connects. Throws Unreachable.
  explicit ControlClient(const std::filesystem::path& socket_file, std::chrono::milliseconds patience = kPatience);
  // The same; a token goes to another machine over https only.
  explicit ControlClient(const RemoteServer& server, std::chrono::milliseconds patience = kPatience);
  ~ControlClient() override;
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;

  // Throws std::runtime_error when it is refused.
  [[nodiscard]] health::Status status() override;
  [[nodiscard]] std::optional<std::string> set_override(health::Override word, bool force) override;
  [[nodiscard]] std::optional<std::string> clear_override(const health::Scope& scope) override;
  [[nodiscard]] std::optional<std::string> resume(const health::Scope& scope) override;
  [[nodiscard]] std::optional<std::string> report(const health::PushReport& report) override;

  // Waits until everything is read anew, or that is refused. Throws std::runtime_error when it may not be asked for.
  [[nodiscard]] LoadReport reload(const ReloadOrder& order = {});
  // What the server answers that client now, and why: a page for people, or JSON. Throws std::runtime_error when it is
  // refused.
  [[nodiscard]] std::string explain(const ExplainRequest& request);
  // Reads the zone's files aside: done if they could be loaded, with what is wrong or doubtful and what would change.
  // Throws std::runtime_error when it may not be asked for.
  [[nodiscard]] LoadReport check_zone(const std::string& zone);
  // What comes of the server's own tests, as `rhumb test --json` has it. Throws std::runtime_error when it is refused.
  [[nodiscard]] std::string run_tests(TestStates states);

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace rhumb::control
