// Those who are told when a backend goes down: the log, a program and a webhook.
#include <filesystem>
#include <mutex>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "health_world.hpp"
#include "support/backend.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

namespace asio = boost::asio;
namespace scripts = health::scripts;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// A server that keeps what is posted to it.
class Receiver {
 public:
  [[nodiscard]] std::string url() const {
    return fmt::format("http://{}:{}/rhumb", loopback(1).to_string(), backend_.port());
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // The request with this in its body, sooner or later; empty if none comes.
  [[nodiscard]] std::string find(const std::string& text) const {
    std::string found;
    (void)wait_until([&] {
      for (const std::string& request : requests()) {
        if (request.find(text, request.find("\r\n\r\n")) != std::string::npos) found = request;
      }
      return !found.empty();
    });
    return found;
  }

 private:
  asio::awaitable<void> serve(asio::ip::tcp::socket& socket) {
    std::string request;
    const auto [error, head] =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", kAwait);
    if (error) co_return;
    const std::size_t size = head + std::stoul(field(request, "Content-Length"));
    const std::size_t received = request.size();
    request.resize(size);
    co_await asio::async_read(socket, asio::buffer(request.data() + received, size - received), kAwait);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const std::string response = "HTTP/1.1 204 No Content\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(response), kAwait);
  }

 public:
  // The value of a header of `request`.
  [[nodiscard]] static std::string field(const std::string& request, const std::string& name) {
    const std::string start = "\r\n" + name + ": ";
    const std::size_t at = request.find(start) + start.size();
    return request.substr(at, request.find("\r\n", at) - at);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  health::Backend backend_{[this](asio::ip::tcp::socket& socket) { return serve(socket); }};  // last: uses the others
};

std::string hmac_sha256(const std::string& key, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), code.data(), &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i)
    hex += fmt::format("{:02x}", code[i]);
  return hex;
}

class Events : public testing::Test {
 protected:
  Events() {
    world_.write("hook", "#!/bin/sh\n{ echo \"$RHUMB_INSTANCE $RHUMB_FROM $RHUMB_TO\"; cat; } >> \"$1\"\n");
    std::filesystem::permissions(world_.path() / "hook", std::filesystem::perms::owner_all);
    world_.write("webhook.secret", "s3cr3t\n");
    world_.config["identity"] = "ns1.example.net";
    world_.config["events"] = {
        {"hooks", {{{"command", {world_.path() / "hook", world_.path() / "hook.out"}}, {"min_severity", "warning"}}}},
        {"webhooks", {{{"url", receiver_.url()}, {"secret_file", "webhook.secret"}, {"kinds", {"state"}}}}}};
  }

  [[nodiscard]] std::string hooked() const { return read_file(world_.path() / "hook.out"); }

  // Whether the log has a line that is this object.
  [[nodiscard]] bool is_logged(const Json& event) const {
    std::istringstream lines(world_.rhumb().log());
    for (std::string line; std::getline(lines, line);) {
      if (Json::parse(line, nullptr, false) == event) return true;
    }
    return false;
  }

  HealthWorld world_;
  Receiver receiver_;
};

TEST_F(Events, TellTheLogTheHookAndTheWebhookThatAnInstanceIsDown) {
  world_.config["log"] = {{"format", "json"}};
  world_.play_well_everywhere();
  RhumbProcess& rhumb = world_.serve();
  const std::string about_it = HealthWorld::address(kInEuWest) + "\",\"from\":\"";
  ASSERT_NE(receiver_.find(about_it + "unknown\",\"to\":\"up\""), "") << rhumb.log();
  world_.play(kInEuWest, scripts::status(503));

  const std::string request = receiver_.find(about_it + "up\",\"to\":\"down\",\"evidence\":\"HTTP 503\"");
  ASSERT_NE(request, "") << rhumb.log();
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_EQ(Receiver::field(request, "X-Rhumb-Signature"),
            "sha256=" + hmac_sha256("s3cr3t", Receiver::field(request, "X-Rhumb-Timestamp") + "." + body));
  const Json event = Json::parse(body);
  EXPECT_EQ(event["event"], "state");
  EXPECT_EQ(event["severity"], "warning");
  EXPECT_EQ(event["service"], "www.example.com");
  EXPECT_EQ(event["region"], "eu-west");
  EXPECT_EQ(event["instance"], HealthWorld::address(kInEuWest));
  EXPECT_EQ(event["from"], "up");
  EXPECT_EQ(event["evidence"], "HTTP 503");
  EXPECT_EQ(event["server"], "ns1.example.net");

  const std::string told = HealthWorld::address(kInEuWest) + " up down\n" + body + "\n";
  EXPECT_TRUE(wait_until([&] { return hooked().find(told) != std::string::npos; })) << hooked();
  EXPECT_TRUE(is_logged(event)) << rhumb.log();

  rhumb.signal(SIGTERM);
  EXPECT_EQ(rhumb.wait_for_exit(), "status 0") << rhumb.log();
  std::istringstream lines(rhumb.log());
  for (std::string line; std::getline(lines, line);) {
    const Json object = Json::parse(line, nullptr, false);
    ASSERT_TRUE(object.is_object()) << line;
    EXPECT_TRUE(object.contains("time")) << line;
    EXPECT_TRUE(object.contains("message") || object.contains("event")) << line;
  }
}

TEST_F(Events, AreToldToThoseOfTheLatestConfiguration) {
  world_.play_well_everywhere();
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  const std::string about_it = HealthWorld::address(kInEuWest) + "\",\"from\":\"";
  ASSERT_NE(receiver_.find(about_it + "unknown\",\"to\":\"up\""), "");
  const Receiver other;
  world_.config["events"] = {{"webhooks", {{{"url", other.url()}}}}};
  ASSERT_THAT(world_.reload(), testing::HasSubstr("info: reloaded"));

  world_.play(kInEuWest, scripts::status(503));
  ASSERT_NE(other.find(about_it + "up\",\"to\":\"down\""), "");
  ASSERT_TRUE(world_.logs(HealthWorld::address(kInEuWest) + ": up → down: HTTP 503"));
  EXPECT_EQ(hooked().find("HTTP 503"), std::string::npos);
  for (const std::string& request : receiver_.requests())
    EXPECT_EQ(request.find("HTTP 503"), std::string::npos);
}

TEST_F(Events, OfAWebhookThatHangsDoNotKeepTheServerFromStopping) {
  const health::Backend silent(scripts::silent());
  world_.config["events"] = {
      {"webhooks",
       {{{"url", fmt::format("http://{}:{}/", loopback(1).to_string(), silent.port())}, {"timeout", "1m"}}}}};
  world_.play_well_everywhere();
  RhumbProcess& rhumb = world_.serve();
  ASSERT_TRUE(wait_until([&] { return silent.accepted() > 0; }));
  rhumb.signal(SIGTERM);
  EXPECT_EQ(rhumb.wait_for_exit(), "status 0") << rhumb.log();
}

}  // namespace
}  // namespace rhumb::test
