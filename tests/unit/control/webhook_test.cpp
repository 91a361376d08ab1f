// Webhooks as the sinks run them, against real servers.
#include "control/webhook.hpp"

#include <map>
#include <mutex>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event_world.hpp"
#include "health/tls_client.hpp"
#include "support/backend.hpp"
#include "support/child_process.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

struct Request {
  std::string line;                           // "POST /rhumb HTTP/1.1"
  std::map<std::string, std::string> fields;  // by name
  std::string body;
};

Request parse_request(const std::string& head) {
  Request request;
  std::istringstream lines(head);
  std::getline(lines, request.line, '\r');
  lines.ignore();
  for (std::string field; std::getline(lines, field, '\r') && !field.empty(); lines.ignore()) {
    const std::size_t colon = field.find(": ");
    request.fields[field.substr(0, colon)] = field.substr(colon + 2);
  }
  return request;
}

template <typename Stream>
asio::awaitable<Request> read_request(Stream& stream) {
  std::string text;
  const auto [error, size] = co_await asio::async_read_until(stream, asio::dynamic_buffer(text), "\r\n\r\n", kAwait);
  if (error) co_return Request{};
  Request request = parse_request(text.substr(0, size));
  request.body = text.substr(size);
  const std::size_t received = request.body.size();
  request.body.resize(std::stoul(request.fields["Content-Length"]));
  const auto rest = asio::buffer(request.body.data() + received, request.body.size() - received);
  co_await asio::async_read(stream, rest, kAwait);
  co_return request;
}

std::string status(int number, const std::string& fields = "") {
  return fmt::format("HTTP/1.1 {} Whatever\r\n{}Content-Length: 0\r\n\r\n", number, fields);
}

// Answers each request with the next of its responses, the last one for ever; with none it only listens.
class Receiver {
 public:
  explicit Receiver(std::vector<std::string> responses)
      : responses_(std::move(responses)), backend_([this](tcp::socket& socket) { return serve(socket); }) {}

  [[nodiscard]] std::string url(const std::string& target = "/rhumb") const {
    return fmt::format("http://{}:{}{}", health::backend_address().to_string(), backend_.port(), target);
  }
  [[nodiscard]] std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  asio::awaitable<void> serve(tcp::socket& socket) {
    Request request = co_await read_request(socket);
    const std::string response = take(std::move(request));
    if (!response.empty()) {
      co_await asio::async_write(socket, asio::buffer(response), kAwait);
      co_return;
    }
    std::array<char, 1> nothing{};
    co_await socket.async_read_some(asio::buffer(nothing), kAwait);
  }
  std::string take(Request request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    if (responses_.empty()) return "";
    return responses_[std::min(requests_.size(), responses_.size()) - 1];
  }

  mutable std::mutex mutex_;
  const std::vector<std::string> responses_;
  std::vector<Request> requests_;
  health::Backend backend_;  // last: it uses the others
};

WebhookSettings webhook_to(const std::string& url) {
  WebhookSettings settings;
  settings.url = parse_url(url).value();
  settings.timeout = test::kPatience;
  settings.backoff.first = milliseconds(1);
  settings.backoff.most = milliseconds(10);
  return settings;
}

void configure(EventSinks& sinks, WebhookSettings settings) {
  EventSettings all;
  all.webhooks.push_back(std::move(settings));
  sinks.configure(std::move(all), "ns1");
}

class WebhookTest : public testing::Test {
 protected:
  MemoryLog log_;
  EventSinks sinks_{log_.log()};
};

TEST(WebhookSignature, IsTheOneThatOpensslMakes) {
  // printf '1764108000.{"event":"state"}' | openssl dgst -sha256 -hmac key
  EXPECT_EQ(sign("key", "1764108000", R"({"event":"state"})"),
            "sha256=8e7bb48b6b84b53c0a0ee697634431accb1192539b0991bf8b13851c85d73dbc");
}

TEST_F(WebhookTest, PostsTheEventSigned) {
  const Receiver receiver({status(204)});
  WebhookSettings settings = webhook_to(receiver.url("/rhumb?team=dns"));
  settings.secret = "key";
  configure(sinks_, settings);
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_deliver(sinks_, 1)) << testing::PrintToString(log_.troubles());

  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 1U);
  auto fields = requests[0].fields;
  EXPECT_EQ(requests[0].line, "POST /rhumb?team=dns HTTP/1.1");
  EXPECT_EQ(requests[0].body, log_.lines().at(0));
  EXPECT_EQ(fields["Host"], settings.url.authority);
  EXPECT_EQ(fields["User-Agent"], "rhumb");
  EXPECT_EQ(fields["Content-Type"], "application/json");
  EXPECT_EQ(fields["X-Rhumb-Signature"], sign("key", fields["X-Rhumb-Timestamp"], requests[0].body));
  EXPECT_THAT(fields["X-Rhumb-Delivery"], testing::MatchesRegex("[0-9a-f]{32}"));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_NEAR(std::stod(fields["X-Rhumb-Timestamp"]), std::chrono::duration<double>(now).count(), 3'600);
}

TEST_F(WebhookTest, WithoutASecretDoesNotSign) {
  const Receiver receiver({status(200)});
  configure(sinks_, webhook_to(receiver.url()));
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_deliver(sinks_, 1));
  EXPECT_EQ(receiver.requests().at(0).fields.count("X-Rhumb-Signature"), 0U);
}

TEST_F(WebhookTest, TriesAgainAfterServerErrorsAndTooManyRequests) {
  const Receiver receiver({status(503), status(429, "Retry-After: 0\r\n"), status(500), "", status(200)});
  WebhookSettings settings = webhook_to(receiver.url());
  settings.timeout = milliseconds(500);  // the fourth never answers
  configure(sinks_, settings);
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_deliver(sinks_, 1)) << testing::PrintToString(log_.troubles());
  const auto requests = receiver.requests();
  ASSERT_GE(requests.size(), 5U);
  for (const Request& request : requests) {
    EXPECT_EQ(request.body, requests[0].body);
    EXPECT_EQ(request.fields.at("X-Rhumb-Delivery"), requests[0].fields.at("X-Rhumb-Delivery"));
  }
  EXPECT_THAT(log_.troubles(), IsEmpty());
}

TEST_F(WebhookTest, DeliveriesHaveIdsOfTheirOwn) {
  const Receiver receiver({status(200)});
  configure(sinks_, webhook_to(receiver.url()));
  sinks_.deliver(instance_down());
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_deliver(sinks_, 2));
  const auto requests = receiver.requests();
  EXPECT_NE(requests.at(0).fields.at("X-Rhumb-Delivery"), requests.at(1).fields.at("X-Rhumb-Delivery"));
}

TEST_F(WebhookTest, DoesNotTryAgainWhatIsRefusedOrRedirected) {
  for (const int number : {301, 307, 400, 401, 404, 410}) {
    MemoryLog log;
    EventSinks sinks(log.log());
    const Receiver receiver({status(number, "Location: /elsewhere\r\n"), status(200)});
    const WebhookSettings settings = webhook_to(receiver.url("/secret"));
    configure(sinks, settings);
    sinks.deliver(instance_down());
    ASSERT_TRUE(comes_to_fail(sinks, 1)) << number;
    EXPECT_EQ(receiver.requests().size(), 1U) << number;
    EXPECT_THAT(log.troubles(),
                ElementsAre(fmt::format("webhook {}: HTTP {}, given up after 1 try", settings.url.origin(), number)));
  }
}

TEST_F(WebhookTest, GivesUpAfterSomeTries) {
  const Receiver receiver({status(503)});
  WebhookSettings settings = webhook_to(receiver.url());
  settings.backoff.tries_max = 3;
  configure(sinks_, settings);
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks_, 1));
  EXPECT_EQ(receiver.requests().size(), 3U);
  EXPECT_THAT(log_.troubles(), ElementsAre(HasSubstr("HTTP 503, given up after 3 tries")));
}

TEST_F(WebhookTest, SaysWhyItCouldNotConnect) {
  WebhookSettings settings =
      webhook_to(fmt::format("http://{}:{}/", health::backend_address().to_string(), health::closed_port()));
  settings.backoff.tries_max = 2;
  configure(sinks_, settings);
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks_, 1));
  EXPECT_THAT(log_.troubles(), ElementsAre(HasSubstr("connect: Connection refused, given up after 2 tries")));
}

TEST_F(WebhookTest, DoesNotWaitForAServerThatSaysNothing) {
  const Receiver receiver({});
  WebhookSettings settings = webhook_to(receiver.url());
  settings.timeout = milliseconds(50);
  settings.backoff.tries_max = 1;
  configure(sinks_, settings);
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks_, 1));
  EXPECT_THAT(log_.troubles(), ElementsAre(HasSubstr(": timeout after 50ms, given up after 1 try")));
}

TEST_F(WebhookTest, ReadsNoMoreThanAHeadOfUsualSize) {
  const Receiver receiver({"HTTP/1.1 200 OK\r\nX: " + std::string(2 * Webhook::kResponseMax, 'x') + "\r\n\r\n"});
  WebhookSettings settings = webhook_to(receiver.url());
  settings.backoff.tries_max = 1;
  configure(sinks_, settings);
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks_, 1));
  EXPECT_THAT(log_.troubles(), ElementsAre(HasSubstr("waiting for the response: ")));
}

TEST_F(WebhookTest, PassesOverInterimResponsesAndBodies) {
  const Receiver receiver(
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"
       "Content-Length: 100000\r\n\r\n" +
       std::string(100'000, 'x')});
  configure(sinks_, webhook_to(receiver.url()));
  sinks_.deliver(instance_down());
  EXPECT_TRUE(comes_to_deliver(sinks_, 1)) << testing::PrintToString(log_.troubles());
}

TEST_F(WebhookTest, FindsAServerByItsName) {
  const health::Backend backend(health::scripts::status(200), 0, health::localhost());
  configure(sinks_, webhook_to(fmt::format("http://localhost:{}/", backend.port())));
  sinks_.deliver(instance_down());
  EXPECT_TRUE(comes_to_deliver(sinks_, 1)) << testing::PrintToString(log_.troubles());
}

TEST_F(WebhookTest, SaysThatANameCannotBeFound) {
  WebhookSettings settings = webhook_to("http://" + std::string(64, 'x') + ".example/");
  settings.backoff.tries_max = 1;
  configure(sinks_, settings);
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks_, 1));
  EXPECT_THAT(log_.troubles(), ElementsAre(HasSubstr(": resolving xxx")));
}

TEST_F(WebhookTest, KeepsTheOrderOfEventsOverRetries) {
  const Receiver receiver({status(503), status(503), status(200)});
  configure(sinks_, webhook_to(receiver.url()));
  for (const char* instance : {"a", "b", "c"})
    sinks_.deliver(instance_down(instance));
  ASSERT_TRUE(comes_to_deliver(sinks_, 3));
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 5U);
  const auto lines = log_.lines();
  for (std::size_t i = 0; i < requests.size(); ++i)
    EXPECT_EQ(requests[i].body, lines.at(i < 3 ? 0 : i - 2)) << i;
}

TEST_F(WebhookTest, ThatHangsDoesNotKeepAnotherOneWaiting) {
  const Receiver silent({});
  const Receiver well({status(200)});
  EventSettings settings;
  settings.webhooks = {webhook_to(silent.url()), webhook_to(well.url())};
  sinks_.configure(settings, "");
  sinks_.deliver(instance_down());
  EXPECT_TRUE(comes_to_deliver(sinks_, 1));
}

TEST_F(WebhookTest, ThatHangsOrWaitsDoesNotKeepTheEndWaiting) {
  const Receiver silent({});
  const Receiver busy({status(503, "Retry-After: 3600\r\n")});
  const auto start = std::chrono::steady_clock::now();
  {
    EventSinks sinks(log_.log());
    EventSettings settings;
    settings.webhooks = {webhook_to(silent.url()), webhook_to(busy.url())};
    settings.webhooks[0].timeout = std::chrono::minutes(5);
    settings.webhooks[1].backoff = {};
    sinks.configure(settings, "");
    sinks.deliver(instance_down());
    ASSERT_TRUE(test::wait_until([&] { return silent.requests().size() == 1 && busy.requests().size() == 1; }));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(50)) << "it waited for them";
}

// A server with the certificate of tests/data/tls, which is the client's there.
class TlsReceiver {
 public:
  TlsReceiver() {
    context_.use_certificate_chain_file(RHUMB_TEST_DATA "/tls/client.pem");
    context_.use_private_key_file(RHUMB_TEST_DATA "/tls/client.key", asio::ssl::context::pem);
  }
  [[nodiscard]] std::string url() const {
    return fmt::format("https://{}:{}/", health::backend_address().to_string(), backend_.port());
  }

 private:
  asio::awaitable<void> serve(tcp::socket& socket) {
    asio::ssl::stream<tcp::socket&> stream(socket, context_);
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kAwait);
    if (error) co_return;
    const Request request = co_await read_request(stream);
    const std::string response = status(request.line == "POST / HTTP/1.1" ? 200 : 400);
    co_await asio::async_write(stream, asio::buffer(response), kAwait);
  }

  asio::ssl::context context_{asio::ssl::context::tls_server};
  health::Backend backend_{[this](tcp::socket& socket) { return serve(socket); }};
};

WebhookSettings secured(const std::string& url, health::TlsSettings tls) {
  WebhookSettings settings = webhook_to(url);
  settings.tls = std::make_shared<health::TlsClient>(std::move(tls));
  settings.backoff.tries_max = 1;
  return settings;
}

TEST_F(WebhookTest, SpeaksTls) {
  const TlsReceiver receiver;
  configure(sinks_, secured(receiver.url(), {.is_verified = false}));
  sinks_.deliver(instance_down());
  EXPECT_TRUE(comes_to_deliver(sinks_, 1)) << testing::PrintToString(log_.troubles());
}

TEST_F(WebhookTest, TellsNothingToAServerWhoseCertificateIsNotItsOwn) {
  const TlsReceiver receiver;
  const std::string authority = test::read_file(RHUMB_TEST_DATA "/tls/ca.pem");
  configure(sinks_, secured(receiver.url(), {.authorities = authority}));
  sinks_.deliver(instance_down());
  ASSERT_TRUE(comes_to_fail(sinks_, 1));
  EXPECT_THAT(log_.troubles(), ElementsAre(HasSubstr(": TLS: certificate is for no name, not ")));
}

}  // namespace
}  // namespace rhumb::control
