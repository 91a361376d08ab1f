// What an operator may ask of health: the calls behind the control channel.
#pragma once

#include <optional>
#include <string>

#include "health/override.hpp"
#include "health/state.hpp"
#include "health/status.hpp"

namespace rhumb::health {

// What somebody outside says of an instance that has a check of type push.
struct PushReport {
  Scope scope;         // a whole instance
  std::string check;   // its name; empty: the only one of type push that the instance has
  State state;         // up or down
  std::string reason;  // for people; at most kReasonMax octets
};

// Each may be called from any thread, and waits for the thread that answers. What is refused comes with the reason, for
// people; nothing: it is done.
class Operations {
 public:
  virtual ~Operations() = default;

  [[nodiscard]] virtual Status status() = 0;
  // In place of an earlier one on the same scope. `since` is set here. Without `force` it is refused if a safety rule
  // would be broken.
  [[nodiscard]] virtual std::optional<std::string> set_override(Override word, bool force) = 0;
  [[nodiscard]] virtual std::optional<std::string> clear_override(const Scope& scope) = 0;
  // Lets instances of the scope that wait for an operator, are held down or damped, serve at once.
  [[nodiscard]] virtual std::optional<std::string> resume(const Scope& scope) = 0;
  [[nodiscard]] virtual std::optional<std::string> report(const PushReport& report) = 0;
};

}  // namespace rhumb::health
