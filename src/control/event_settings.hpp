// Who is told of events besides the log, as plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "control/backoff.hpp"
#include "control/event_filter.hpp"
#include "control/url.hpp"

namespace rhumb::health {
class TlsClient;
}

namespace rhumb::control {

// Each has a queue and, at work, a process or a connection.
inline constexpr std::size_t kHooksMax = 16;
inline constexpr std::size_t kWebhooksMax = 16;

// Long enough for a program that sends a mail, or a server that is busy.
inline constexpr std::chrono::milliseconds kToldTimeout = std::chrono::seconds(10);

struct HookSettings {
  std::vector<std::string> command;  // not empty; the first is an absolute path. No shell reads it
  std::chrono::milliseconds timeout = kToldTimeout;
  EventFilter filter = {};

  friend bool operator==(const HookSettings&, const HookSettings&) = default;
};

struct WebhookSettings {
  Url url = {};
  std::string secret = {};                           // empty: not signed
  std::chrono::milliseconds timeout = kToldTimeout;  // of one try
  EventFilter filter = {};
  std::shared_ptr<const health::TlsClient> tls = {};  // never null with https
  Backoff backoff = {};
};

// Whether they are the same in all; of TLS, the settings.
[[nodiscard]] bool is_same_webhook(const WebhookSettings& a, const WebhookSettings& b);

struct EventSettings {
  std::vector<HookSettings> hooks;        // at most kHooksMax
  std::vector<WebhookSettings> webhooks;  // at most kWebhooksMax
};

}  // namespace rhumb::control
