// One probe, run in the test's own thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "health/probe.hpp"
#include "support/dns_client.hpp"

namespace rhumb::health {

struct Probed {
  Outcome outcome;
  std::size_t steps;  // handlers that ran: what a spinning loop would show in
};

class ProbeRun {
 public:
  explicit ProbeRun(const Target& target) : target_(target) { start(); }

  // Another probe of the target, which has what the one before it left. That one must have ended.
  [[nodiscard]] Probed again() {
    outcome_.reset();
    context_.restart();
    start();
    return finish();
  }
  [[nodiscard]] Carried& carried() noexcept { return carried_; }

  [[nodiscard]] Probed finish() {
    const std::size_t steps = context_.run();
    return {outcome_.value(), steps};
  }

  // Aborts it once `is_due()`, and returns what came of it; nothing if that did not come within kPatience.
  template <typename Condition>
  [[nodiscard]] std::optional<Outcome> abort_when(Condition is_due) {
    const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
    while (!is_due()) {
      if (std::chrono::steady_clock::now() > deadline) return std::nullopt;
      context_.run_for(std::chrono::milliseconds(1));
    }
    abort_.abort();
    context_.run_for(test::kPatience);
    return outcome_;
  }

 private:
  void start() {
    boost::asio::co_spawn(context_, probe(abort_, resources_, carried_, timer_, target_),
                          [this](const std::exception_ptr& error, Outcome outcome) {
                            if (error) std::rethrow_exception(error);
                            outcome_ = std::move(outcome);
                          });
  }

  Target target_;
  boost::asio::io_context context_{1};
  boost::asio::steady_timer timer_{context_};
  Abort abort_;
  Resources resources_;
  Carried carried_;
  std::optional<Outcome> outcome_;
};

[[nodiscard]] inline Probed probe_now(const Target& target) {
  return ProbeRun(target).finish();
}

[[nodiscard]] inline Target impatient(Target target) {
  target.check.timeout_ms = 150;
  return target;
}

// Its timeout is no way for it to end within a test.
[[nodiscard]] inline Target patient(Target target) {
  target.check.timeout_ms = 3'600'000;
  return target;
}

}  // namespace rhumb::health
