#include "config/events_reader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/json_file.hpp"
#include "control/event_json.hpp"
#include "health/tls_client.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using health::Event;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Event::Kind;

struct Result {
  control::EventSettings events;
  std::vector<std::string> messages;
};

Result read(const std::string& text, const std::filesystem::path& directory = {}) {
  Problems problems;
  const Json document = Json::parse(text);
  Result result{read_events(JsonPlace(document, "rhumb.json", problems), directory), {}};
  for (const Problem& problem : problems.all())
    result.messages.push_back(problem.to_string());
  return result;
}

std::vector<std::string> refusals_of_hook(const std::string& members) {
  return read(fmt::format(R"({{"hooks": [{{{}}}]}})", members)).messages;
}

std::vector<std::string> refusals_of_webhook(const std::string& members) {
  return read(fmt::format(R"({{"webhooks": [{{{}}}]}})", members)).messages;
}

TEST(ReadEvents, TakesEverythingThatAHookHas) {
  const auto [events, messages] = read(R"({"hooks": [{"command": ["/bin/sh", "-c", ""], "timeout": "3s",
                                                      "kinds": ["state", "guard"], "min_severity": "warning"}]})");
  EXPECT_THAT(messages, IsEmpty());
  ASSERT_EQ(events.hooks.size(), 1U);
  const control::HookSettings& hook = events.hooks[0];
  EXPECT_THAT(hook.command, ElementsAre("/bin/sh", "-c", ""));
  EXPECT_EQ(hook.timeout, std::chrono::seconds(3));
  EXPECT_TRUE(hook.filter.wants({.kind = Kind::state, .severity = Event::Severity::warning}));
  EXPECT_TRUE(hook.filter.wants({.kind = Kind::guard, .severity = Event::Severity::error}));
  EXPECT_FALSE(hook.filter.wants({.kind = Kind::guard, .severity = Event::Severity::info}));
  EXPECT_FALSE(hook.filter.wants({.kind = Kind::panic, .severity = Event::Severity::error}));
}

TEST(ReadEvents, TakesEverythingThatAWebhookHas) {
  const auto [events, messages] =
      read(R"({"webhooks": [{"url": "https://hooks.example.com/rhumb", "secret": "word", "timeout": "3s",
                             "kinds": ["panic"], "min_severity": "error",
                             "tls": {"ca_file": "ca.pem", "verify": false, "client_certificate": "client.pem",
                                     "client_key": "client.key"}}]})",
           RHUMB_TEST_DATA "/tls");
  EXPECT_THAT(messages, IsEmpty());
  ASSERT_EQ(events.webhooks.size(), 1U);
  const control::WebhookSettings& webhook = events.webhooks[0];
  EXPECT_EQ(webhook.url, control::parse_url("https://hooks.example.com/rhumb"));
  EXPECT_EQ(webhook.secret, "word");
  EXPECT_EQ(webhook.timeout, std::chrono::seconds(3));
  EXPECT_TRUE(webhook.filter.wants({.kind = Kind::panic, .severity = Event::Severity::error}));
  EXPECT_FALSE(webhook.filter.wants({.kind = Kind::panic, .severity = Event::Severity::warning}));
  ASSERT_NE(webhook.tls, nullptr);
  EXPECT_FALSE(webhook.tls->settings().is_verified);
  EXPECT_NE(webhook.tls->settings().certificate, "");
}

TEST(ReadEvents, HasTheUsualValues) {
  const auto [events, messages] =
      read(R"({"hooks": [{"command": ["/bin/sh"]}], "webhooks": [{"url": "http://localhost/"}]})");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(events.hooks.at(0), (control::HookSettings{.command = {"/bin/sh"}}));
  EXPECT_TRUE(is_same_webhook(events.webhooks.at(0), {.url = control::parse_url("http://localhost/").value()}));
}

TEST(ReadEvents, TakesSecretsFromFilesWithoutTheEndOfTheLine) {
  const test::TemporaryDirectory directory;
  directory.write("secret", "s3 cr3t\n");
  directory.write("empty", "\n");
  const auto [events, messages] =
      read(R"({"webhooks": [{"url": "http://localhost/", "secret_file": "secret"}]})", directory.path());
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(events.webhooks.at(0).secret, "s3 cr3t");
  EXPECT_THAT(
      read(R"({"webhooks": [{"url": "http://localhost/", "secret_file": "empty"}]})", directory.path()).messages,
      ElementsAre("rhumb.json: /webhooks/0/secret_file: the file has no secret"));
  EXPECT_THAT(refusals_of_webhook(R"("url": "http://localhost/", "secret_file": "/nonexistent")"),
              ElementsAre(HasSubstr("/webhooks/0/secret_file: /nonexistent: No such file")));
}

TEST(ReadEvents, KnowsEveryKindOfEvent) {
  for (std::size_t i = 0; i < control::kEventKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    const auto [events, messages] =
        read(fmt::format(R"({{"hooks": [{{"command": ["/bin/sh"], "kinds": ["{}"]}}]}})", control::kind_word(kind)));
    EXPECT_THAT(messages, IsEmpty());
    EXPECT_TRUE(events.hooks.at(0).filter.wants({.kind = kind}));
    EXPECT_EQ(events.hooks.at(0).filter.kinds.count(), 1U);
  }
}

TEST(ReadEvents, SaysWhatIsWrongWithAHook) {
  EXPECT_THAT(refusals_of_hook(""), ElementsAre(HasSubstr("/hooks/0: \"command\" is missing")));
  EXPECT_THAT(refusals_of_hook(R"("command": [])"), ElementsAre(HasSubstr("/command: must name a program")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["page"])"),
              ElementsAre(HasSubstr("/command/0: \"page\" must be an absolute path")));
  EXPECT_THAT(refusals_of_hook(R"("command": "/bin/sh")"), testing::Contains(HasSubstr("must be an array")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["/bin/sh", "a\u0000b"])"), ElementsAre(HasSubstr("the octet 0")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["/bin/sh"], "timeout": "2m")"), ElementsAre(HasSubstr("/timeout: ")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["/bin/sh"], "kinds": [])"), ElementsAre(HasSubstr("at least one kind")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["/bin/sh"], "kinds": ["state", "state"])"),
              ElementsAre(HasSubstr("/kinds/1: stands twice")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["/bin/sh"], "kinds": ["states"])"),
              ElementsAre(HasSubstr("did you mean \"state\"?")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["/bin/sh"], "min_severity": "fatal")"),
              ElementsAre(HasSubstr("/min_severity: ")));
  EXPECT_THAT(refusals_of_hook(R"("command": ["/bin/sh"], "shell": true)"), ElementsAre(HasSubstr("unknown key")));
}

TEST(ReadEvents, OnlyWarnsOfAProgramThatIsNotThere) {
  const auto [events, messages] = read(R"({"hooks": [{"command": ["/nonexistent/page"]}]})");
  EXPECT_THAT(messages, ElementsAre("rhumb.json: /hooks/0/command/0: warning: /nonexistent/page cannot be run: "
                                    "No such file or directory"));
  EXPECT_EQ(events.hooks.size(), 1U);
}

TEST(ReadEvents, SaysWhatIsWrongWithAWebhook) {
  EXPECT_THAT(refusals_of_webhook(""), ElementsAre(HasSubstr("/webhooks/0: \"url\" is missing")));
  EXPECT_THAT(refusals_of_webhook(R"("url": "hooks.example.com")"), ElementsAre(HasSubstr("/url: must be a URL")));
  EXPECT_THAT(refusals_of_webhook(R"("url": "http://localhost/", "secret": "a", "secret_file": "b")"),
              ElementsAre(HasSubstr("has both \"secret\" and \"secret_file\"")));
  EXPECT_THAT(refusals_of_webhook(R"("url": "http://localhost/", "secret": "")"), ElementsAre(HasSubstr("/secret: ")));
  EXPECT_THAT(refusals_of_webhook(R"("url": "http://localhost/", "tls": {})"),
              ElementsAre(HasSubstr("only a webhook with https")));
  EXPECT_THAT(refusals_of_webhook(R"("url": "https://localhost/", "tls": {"server_name": "x"})"),
              ElementsAre(HasSubstr("/tls/server_name: unknown key")));
  EXPECT_THAT(refusals_of_webhook(R"("url": "https://localhost/", "tls": {"ca_file": "/nonexistent"})"),
              ElementsAre(HasSubstr("/tls/ca_file: /nonexistent: ")));
}

TEST(ReadEvents, TakesNoMoreThanItsLimits) {
  const auto list = [](const std::string& element, std::size_t count) {
    std::string text = element;
    for (std::size_t i = 1; i < count; ++i)
      text += ", " + element;
    return "[" + text + "]";
  };
  const auto hooks = [&](std::size_t count) {
    return R"({"hooks": )" + list(R"({"command": ["/bin/sh"]})", count) + "}";
  };
  EXPECT_THAT(read(hooks(control::kHooksMax)).messages, IsEmpty());
  EXPECT_THAT(read(hooks(control::kHooksMax + 1)).messages, ElementsAre(HasSubstr("/hooks: more than 16")));
  const auto webhooks = [&](std::size_t count) {
    return R"({"webhooks": )" + list(R"({"url": "http://localhost/"})", count) + "}";
  };
  EXPECT_THAT(read(webhooks(control::kWebhooksMax)).messages, IsEmpty());
  EXPECT_THAT(read(webhooks(control::kWebhooksMax + 1)).messages, ElementsAre(HasSubstr("/webhooks: more than 16")));
  EXPECT_THAT(refusals_of_hook(R"("command": )" + list("\"/bin/sh\"", 65)), ElementsAre(HasSubstr("more than 64")));
}

}  // namespace
}  // namespace rhumb::config
