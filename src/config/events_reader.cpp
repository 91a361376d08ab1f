#include "config/events_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/small_file.hpp"
#include "config/tls_reader.hpp"

namespace rhumb::config {
namespace {

using Kind = health::Event::Kind;
using Severity = health::Event::Severity;

constexpr std::size_t kHookWordsMax = 64;       // of a command
constexpr std::size_t kHookWordMax = 1'024;     // octets
constexpr std::uint32_t kHookTimeoutMin = 100;  // ms
constexpr std::uint32_t kTimeoutMax = 60'000;   // the others that wait in the queue grow old
constexpr std::size_t kSecretMax = 1'024;       // octets; a hash's block is 64, more adds nothing

std::chrono::milliseconds read_timeout(const JsonPlace& place) {
  const auto timeout = place.member("timeout");
  const auto value = timeout ? timeout->duration_ms(kHookTimeoutMin, kTimeoutMax) : std::nullopt;
  return value ? std::chrono::milliseconds(*value) : control::kToldTimeout;
}

std::optional<Kind> read_kind(const JsonPlace& place) {
  return place.choice<Kind>({{"state", Kind::state},
                             {"serving", Kind::serving},
                             {"override_set", Kind::override_set},
                             {"override_cleared", Kind::override_cleared},
                             {"override_ended", Kind::override_ended},
                             {"panic", Kind::panic},
                             {"min_regions", Kind::min_regions},
                             {"guard", Kind::guard},
                             {"load", Kind::load}});
}

control::EventFilter read_filter(const JsonPlace& place) {
  control::EventFilter filter;
  if (const auto kinds = place.member("kinds")) {
    filter.kinds.reset();
    for (const JsonPlace& element : kinds->elements()) {
      const auto kind = read_kind(element);
      if (!kind) continue;
      auto bit = filter.kinds[static_cast<std::size_t>(*kind)];
      if (bit) element.error("stands twice");
      bit = true;
    }
    if (kinds->elements().empty()) kinds->error("must name at least one kind of event");
  }
  if (const auto severity = place.member("min_severity")) {
    filter.severity_min =
        severity
            ->choice<Severity>({{"info", Severity::info}, {"warning", Severity::warning}, {"error", Severity::error}})
            .value_or(Severity::info);
  }
  return filter;
}

// A program that is missing here may be there where the configuration is used: a warning.
void warn_of_missing(const JsonPlace& place, const std::string& program) {
  if (access(program.c_str(), X_OK) == 0) return;
  place.warning(fmt::format("{} cannot be run: {}", program, std::generic_category().message(errno)));
}

std::vector<std::string> read_command(const JsonPlace& place) {
  std::vector<std::string> words;
  const auto elements = place.elements();
  for (const JsonPlace& element : elements) {
    auto word = element.text();
    if (!word) return {};
    if (word->size() > kHookWordMax) element.error(fmt::format("must have at most {} octets", kHookWordMax));
    if (word->find('\0') != std::string::npos) element.error("must not hold the octet 0");
    words.push_back(std::move(*word));
  }
  if (words.size() > kHookWordsMax) place.error(fmt::format("more than {} words", kHookWordsMax));
  if (words.empty()) {
    place.error("must name a program");
  } else if (!words.front().starts_with('/')) {
    elements.front().error(
        fmt::format("\"{}\" must be an absolute path: no shell looks for the program", words.front()));
  } else {
    warn_of_missing(elements.front(), words.front());
  }
  return words;
}

std::optional<control::HookSettings> read_hook(const JsonPlace& place) {
  if (!place.has_only({"command", "timeout", "kinds", "min_severity"})) return std::nullopt;
  control::HookSettings hook;
  hook.timeout = read_timeout(place);
  hook.filter = read_filter(place);
  const auto command = place.required("command");
  if (!command) return std::nullopt;
  hook.command = read_command(*command);
  if (hook.command.empty()) return std::nullopt;
  return hook;
}

// Without the end of the line, which editors put there.
std::string read_secret_file(const JsonPlace& place, const std::filesystem::path& directory) {
  std::string secret = read_small_file(place, directory, kSecretMax).value_or("");
  const bool is_read = !secret.empty();
  while (secret.ends_with('\n') || secret.ends_with('\r'))
    secret.pop_back();
  if (is_read && secret.empty()) place.error("the file has no secret");
  return secret;
}

std::string read_secret(const JsonPlace& place, const std::filesystem::path& directory) {
  const auto secret = place.member("secret");
  const auto file = place.member("secret_file");
  if (secret && file) {
    place.error("has both \"secret\" and \"secret_file\"; remove one of them");
    return {};
  }
  if (file) return read_secret_file(*file, directory);
  const auto text = secret ? secret->text() : std::nullopt;
  if (!text) return {};
  if (text->empty() || text->size() > kSecretMax) secret->error(fmt::format("must have 1 to {} octets", kSecretMax));
  return *text;
}

std::optional<control::Url> read_url(const JsonPlace& place) {
  const auto text = place.text();
  if (!text) return std::nullopt;
  auto url = control::parse_url(*text);
  if (!url) {
    place.error(
        fmt::format("must be a URL such as \"https://hooks.example.com/rhumb\", in printable ASCII without a user or "
                    "fragment, at most {} octets",
                    control::kUrlMax));
  }
  return url;
}

std::optional<control::WebhookSettings> read_webhook(const JsonPlace& place, const std::filesystem::path& directory) {
  if (!place.has_only({"url", "secret", "secret_file", "timeout", "kinds", "min_severity", "tls"})) return std::nullopt;
  control::WebhookSettings webhook;
  webhook.timeout = read_timeout(place);
  webhook.filter = read_filter(place);
  webhook.secret = read_secret(place, directory);
  const auto url_place = place.required("url");
  const auto url = url_place ? read_url(*url_place) : std::nullopt;
  if (!url) return std::nullopt;
  webhook.url = *url;
  if (url->is_https) {
    webhook.tls = read_tls_client(place, directory, {"ca_file", "verify", "client_certificate", "client_key"});
    if (webhook.tls == nullptr) return std::nullopt;
  } else if (const auto tls = place.member("tls")) {
    tls->error("only a webhook with https has \"tls\"");
  }
  return webhook;
}

}  // namespace

control::EventSettings read_events(const JsonPlace& place, const std::filesystem::path& directory) {
  control::EventSettings events;
  if (!place.has_only({"hooks", "webhooks"})) return events;
  if (const auto hooks = place.member("hooks")) {
    const auto elements = hooks->elements();
    for (const JsonPlace& element : elements) {
      if (auto hook = read_hook(element)) events.hooks.push_back(std::move(*hook));
    }
    if (elements.size() > control::kHooksMax) hooks->error(fmt::format("more than {}", control::kHooksMax));
  }
  if (const auto webhooks = place.member("webhooks")) {
    const auto elements = webhooks->elements();
    for (const JsonPlace& element : elements) {
      if (auto webhook = read_webhook(element, directory)) events.webhooks.push_back(std::move(*webhook));
    }
    if (elements.size() > control::kWebhooksMax) webhooks->error(fmt::format("more than {}", control::kWebhooksMax));
  }
  return events;
}

}  // namespace rhumb::config
