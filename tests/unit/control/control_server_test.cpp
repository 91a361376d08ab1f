#include "control/control_server.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pwd.h>

#include "control/operations_json.hpp"
#include "support/fake_administration.hpp"
#include "support/fake_operations.hpp"
#include "support/http_client.hpp"
#include "support/loopback.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

namespace rhumb::control {
namespace {

using namespace std::chrono_literals;
using test::HttpClient;
using test::HttpReply;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view kDrain = R"({"region":"eu-west","action":"drain"})";

health::Status status_of(std::size_t instances) {
  health::Status status;
  for (std::size_t i = 0; i < instances; ++i)
    status.instances.push_back({"www.example.com", "eu-west", "instance " + std::to_string(i)});
  return status;
}

class ControlServerTest : public testing::Test {
 protected:
  ControlServices services() { return {operations_, administration_, events_}; }
  std::unique_ptr<ControlServer> serve(ControlLimits limits = {}) {
    return std::make_unique<ControlServer>(ControlSettings{file_}, services(), limits);
  }
  // Over TCP, with the tokens of `lines`.
  std::unique_ptr<ControlServer> serve_http(std::string_view lines = {}, ControlLimits limits = {}) {
    auto tokens = std::make_shared<Tokens>(read_tokens(lines).tokens);
    return std::make_unique<ControlServer>(ControlSettings{file_, Endpoint{test::loopback(1), 0}, std::move(tokens)},
                                           services(), limits);
  }
  std::string refusal_of_a_server() {
    try {
      const ControlServer server(ControlSettings{file_}, services());
    } catch (const std::system_error& error) {
      return error.what();
    }
    return "";
  }
  // A socket file whose server is gone.
  void leave_a_dead_socket() const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, file_.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(descriptor);
  }
  [[nodiscard]] mode_t mode() const {
    struct stat found {};
    EXPECT_EQ(::stat(file_.c_str(), &found), 0);
    return found.st_mode & 07777U;
  }
  [[nodiscard]] int status_now() const { return HttpClient(file_).ask("GET", "/v1/status").status; }

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "control.sock";
  test::FakeOperations operations_{status_of(1)};
  test::FakeAdministration administration_;
  EventFeed events_;
};

TEST_F(ControlServerTest, AnswersManyRequestsOfAConnectionInOrder) {
  const auto server = serve();
  HttpClient client(file_);
  client.send(HttpClient::request("GET", "/v1/status") + HttpClient::request("POST", "/v1/overrides", kDrain) +
              HttpClient::request("DELETE", "/v1/overrides?region=us-east"));
  EXPECT_THAT(client.receive().body, HasSubstr("\"instance\":\"instance 0\""));
  EXPECT_EQ(client.receive().status, 200);
  const HttpReply refused = client.receive();
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.field("content-type"), "application/problem+json");
  EXPECT_EQ(nlohmann::json::parse(refused.body)["detail"], "there is no override on us-east");
}

TEST_F(ControlServerTest, TakesTheOwnerFromTheConnectionOnlyIfTheRequestNamesNone) {
  const auto server = serve();
  HttpClient client(file_);
  ASSERT_EQ(client.ask("POST", "/v1/overrides", kDrain).status, 200);
  ASSERT_EQ(client
                .ask("POST", "/v1/overrides",
                     R"({"region":"eu-west","service":"www.example.com","action":"drain","owner":"grace"})")
                .status,
            200);
  const passwd* me = getpwuid(getuid());
  const std::string name = me != nullptr ? me->pw_name : "uid " + std::to_string(getuid());
  const auto overrides = operations_.overrides();
  ASSERT_THAT(overrides, SizeIs(2));
  EXPECT_EQ(overrides[0].owner, name);
  EXPECT_EQ(overrides[1].owner, "grace");
}

TEST_F(ControlServerTest, RefusesWhatIsNoRequestAndCloses) {
  const auto server = serve();
  for (const std::string& garbage :
       {std::string("\xFF garbage\r\n\r\n"), std::string("GET / HTTP/3.0\r\n\r\n"), std::string(kHeaderMax, 'x'),
        "GET / HTTP/1.1\r\nX: " + std::string(kHeaderMax, 'x'),
        std::string("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")}) {
    HttpClient client(file_);
    client.send(garbage);
    const int status = client.receive().status;
    EXPECT_TRUE(status == 400 || status == 431) << status << garbage.substr(0, 40);
    EXPECT_TRUE(client.sees_the_end());
  }
}

TEST_F(ControlServerTest, RefusesABodyThatIsTooLargeBeforeItHasCome) {
  const auto server = serve();
  HttpClient client(file_);
  client.send(fmt::format("POST /v1/overrides HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", kRequestMax + 1));
  EXPECT_EQ(client.receive().status, 413);
  HttpClient in_pieces(file_);
  in_pieces.send("POST /v1/overrides HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string piece = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  for (std::size_t sent = 0; sent <= kRequestMax; sent += 0x1000)
    in_pieces.send(piece);
  EXPECT_EQ(in_pieces.receive().status, 413);
}

TEST_F(ControlServerTest, WantsAHost) {
  const auto server = serve();
  HttpClient client(file_);
  client.send("GET /v1/status HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
  client.send("GET /v1/status HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.sees_the_end()) << "without keep-alive";
}

TEST_F(ControlServerTest, LeavesTheBodyOutForHead) {
  const auto server = serve();
  HttpClient client(file_);
  const HttpReply head = client.ask("HEAD", "/v1/status");
  EXPECT_EQ(head.status, 200);
  const HttpReply whole = client.ask("GET", "/v1/status");
  EXPECT_EQ(head.field("content-length"), whole.field("content-length"));
}

TEST_F(ControlServerTest, AsksForABodyThatWaitsToBeAskedFor) {
  const auto server = serve();
  HttpClient client(file_);
  client.send(fmt::format(
      "POST /v1/overrides HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", kDrain.size()));
  EXPECT_EQ(client.receive().status, 100);
  client.send(kDrain);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ControlServerTest, DoesNotMakeACallWhoseBodyIsCutOff) {
  {
    const auto server = serve();
    const HttpClient client(file_);
    const std::string request = HttpClient::request("POST", "/v1/overrides", kDrain);
    client.send(std::string_view(request).substr(0, request.size() - 1));
    ASSERT_EQ(status_now(), 200);
  }
  EXPECT_THAT(operations_.overrides(), SizeIs(0));
}

TEST_F(ControlServerTest, ClosesAConnectionThatIsIdle) {
  const auto server = serve({.idle = 50ms});
  HttpClient silent(file_);
  EXPECT_TRUE(silent.sees_the_end());
  HttpClient half(file_);
  half.send("GET /v1/sta");
  EXPECT_TRUE(half.sees_the_end());
}

TEST_F(ControlServerTest, ClosesTheConnectionThatWaitsLongestToMakeRoom) {
  const auto server = serve({.connections = 2});
  HttpClient first(file_);
  ASSERT_EQ(first.ask("GET", "/v1/status").status, 200);
  HttpClient second(file_);
  ASSERT_EQ(second.ask("GET", "/v1/status").status, 200);
  ASSERT_EQ(first.ask("GET", "/v1/status").status, 200);

  HttpClient third(file_);
  EXPECT_EQ(third.ask("GET", "/v1/status").status, 200);
  EXPECT_TRUE(second.sees_the_end());
  EXPECT_EQ(first.ask("GET", "/v1/status").status, 200);
}

TEST_F(ControlServerTest, KeepsTheSocketOpenHoweverManyComeOverTcp) {
  const auto server = serve_http({}, {.connections = 2});
  HttpClient operator_of_old(file_);
  ASSERT_EQ(operator_of_old.ask("GET", "/v1/status").status, 200);
  std::vector<std::unique_ptr<HttpClient>> flood;
  for (int i = 0; i < 10; ++i)
    flood.push_back(std::make_unique<HttpClient>(*server->http()));
  EXPECT_TRUE(flood.front()->sees_the_end());
  EXPECT_EQ(operator_of_old.ask("GET", "/v1/status").status, 200);
}

// Its response is much more than the kernel keeps for a connection.
TEST_F(ControlServerTest, IsNotHeldUpByAClientThatDoesNotRead) {
  health::Status status;
  status.guard = std::string(4'000'000, 'x');
  test::FakeOperations operations(status);
  const ControlServer server(ControlSettings{file_}, {operations, administration_, events_}, {.write = 50ms});
  HttpClient greedy(file_);
  greedy.send(HttpClient::request("GET", "/v1/status"));
  HttpClient patient(file_);
  EXPECT_EQ(patient.ask("GET", "/v1/regions").status, 200);
  EXPECT_TRUE(greedy.is_hung_up_on()) << "a response that is not taken in time must be given up";
}

TEST_F(ControlServerTest, ReadsMoreSlowlyFromWhoAsksTooMuch) {
  const auto server = serve({.requests_per_second = 20});
  const auto start = std::chrono::steady_clock::now();
  HttpClient client(file_);
  for (int i = 0; i < 24; ++i)
    ASSERT_EQ(client.ask("GET", "/v1/regions").status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 150ms) << "twenty at once, the others one in 50 ms";
}

TEST_F(ControlServerTest, LetsTheOwnerAndTheGroupInWhateverTheUmask) {
  for (const mode_t umask_now : {0U, 022U, 077U, 0777U}) {
    const mode_t before = ::umask(umask_now);
    const auto server = serve();
    ::umask(before);
    EXPECT_EQ(mode(), 0660U) << umask_now;
  }
}

TEST_F(ControlServerTest, ReplacesTheSocketOfADeadServer) {
  leave_a_dead_socket();
  const auto server = serve();
  EXPECT_EQ(status_now(), 200);
}

TEST_F(ControlServerTest, LeavesTheSocketToALiveServer) {
  const auto server = serve();
  EXPECT_THAT(refusal_of_a_server(), HasSubstr("another server does"));
  EXPECT_EQ(status_now(), 200);
}

TEST_F(ControlServerTest, DoesNotReplaceWhatIsNoSocket) {
  directory_.write("control.sock", "precious");
  EXPECT_THAT(refusal_of_a_server(), HasSubstr("is in the way and is no socket"));
  EXPECT_EQ(std::filesystem::file_size(file_), 8U);
}

TEST_F(ControlServerTest, SaysWhyItCannotListen) {
  file_ = directory_.path() / "nowhere/control.sock";
  EXPECT_THAT(refusal_of_a_server(), HasSubstr("its directory must be there before"));
  file_ = directory_.path() / std::string(kSocketPathMax, 'x');
  EXPECT_THAT(refusal_of_a_server(), HasSubstr("File name too long"));
}

TEST_F(ControlServerTest, RemovesItsSocketAtTheEndAndNoOther) {
  serve().reset();
  EXPECT_FALSE(std::filesystem::exists(file_));

  auto first = serve();
  std::filesystem::remove(file_);
  const auto second = serve();
  first.reset();
  EXPECT_EQ(status_now(), 200);
}

TEST_F(ControlServerTest, GivesEveryTokenItsRoleOverTcp) {
  const std::string token = new_token();
  const auto server = serve_http(token_line(Role::operate, "deploy", token));
  HttpClient client(*server->http());
  const std::string bearer = "Authorization: Bearer " + token + "\r\n";
  EXPECT_EQ(client.ask("GET", "/v1/status").status, 200) << "from this machine";
  const HttpReply without = client.ask("POST", "/v1/overrides", kDrain);
  EXPECT_EQ(without.status, 403);
  EXPECT_EQ(without.field("www-authenticate"), "Bearer realm=\"rhumb\", error=\"insufficient_scope\"");
  const HttpReply unknown = client.ask("GET", "/v1/status", {}, "Authorization: Bearer x\r\n");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.field("www-authenticate"), "Bearer realm=\"rhumb\", error=\"invalid_token\"");
  ASSERT_EQ(client.ask("POST", "/v1/overrides", kDrain, bearer).status, 200);
  EXPECT_EQ(operations_.overrides().at(0).owner, "deploy");
  EXPECT_EQ(client.ask("POST", "/v1/reload", {}, bearer).status, 403);
}

TEST_F(ControlServerTest, TakesOtherTokensWhileItRuns) {
  const std::string token = new_token();
  const auto server = serve_http();
  HttpClient client(*server->http());
  const std::string bearer = "Authorization: Bearer " + token + "\r\n";
  EXPECT_EQ(client.ask("GET", "/v1/status", {}, bearer).status, 401);
  server->use(std::make_shared<Tokens>(read_tokens(token_line(Role::read, "ada", token)).tokens), nullptr);
  EXPECT_EQ(client.ask("GET", "/v1/status", {}, bearer).status, 200);
}

TEST_F(ControlServerTest, WaitsForAReloadAndServesOthersMeanwhile) {
  administration_.be_slow();
  const auto server = serve();
  HttpClient client(file_);
  client.send(HttpClient::request("POST", "/v1/reload"));
  ASSERT_TRUE(test::wait_until([this] { return administration_.waiting() == 1; }));
  EXPECT_EQ(status_now(), 200);
  administration_.finish_reloads();
  const HttpReply reply = client.receive();
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("warning: hm"));
}

TEST_F(ControlServerTest, EndsWithAReloadUnderWay) {
  administration_.be_slow();
  auto server = serve();
  HttpClient client(file_);
  client.send(HttpClient::request("POST", "/v1/reload"));
  ASSERT_TRUE(test::wait_until([this] { return administration_.waiting() == 1; }));
  server.reset();
  EXPECT_TRUE(client.sees_the_end());
  administration_.finish_reloads();  // for nobody
}

TEST_F(ControlServerTest, TellsEventsAsTheyHappen) {
  const auto server = serve();
  HttpClient client(file_);
  client.send(HttpClient::request("GET", "/v1/events"));
  const HttpReply head = client.receive();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-type"), "text/event-stream");
  EXPECT_EQ(client.receive_until("\n\n"), ": listening");
  events_.tell({"state", "{\"event\":\"state\"}"});
  events_.tell({"load", "{}"});
  EXPECT_EQ(client.receive_until("\n\n"), "event: state\ndata: {\"event\":\"state\"}");
  EXPECT_EQ(client.receive_until("\n\n"), "event: load\ndata: {}");
}

TEST_F(ControlServerTest, GivesASignOfLifeWhenNothingHappens) {
  const auto server = serve({.heartbeat = 10ms});
  HttpClient client(file_);
  client.send(HttpClient::request("GET", "/v1/events"));
  ASSERT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive_until("\n\n"), ": listening");
  EXPECT_EQ(client.receive_until("\n\n"), ": still here");
}

TEST_F(ControlServerTest, HasAFewListenersAndKeepsThem) {
  const auto server = serve({.connections = 3, .listeners = 1});
  HttpClient listener(file_);
  listener.send(HttpClient::request("GET", "/v1/events"));
  ASSERT_EQ(listener.receive().status, 200);
  EXPECT_EQ(HttpClient(file_).ask("GET", "/v1/events").status, 503);
  std::vector<std::unique_ptr<HttpClient>> others;
  for (int i = 0; i < 5; ++i) {
    others.push_back(std::make_unique<HttpClient>(file_));
    ASSERT_EQ(others.back()->ask("GET", "/v1/status").status, 200);
  }
  ASSERT_TRUE(listener.receive_until("\n\n"));
  events_.tell({"state", "{}"});
  EXPECT_EQ(listener.receive_until("\n\n"), "event: state\ndata: {}");
}

constexpr std::string_view kUpgrade = "Connection: Upgrade\r\nUpgrade: rhumb-handover\r\n";

TEST_F(ControlServerTest, HandsAConnectionOverToWhoTakesIt) {
  std::atomic<int> taken = -1;
  ControlServices with_taker = services();
  with_taker.take_over = [&](int descriptor) { taken = descriptor; };
  const ControlServer server(ControlSettings{file_}, with_taker);
  HttpClient client(file_);
  const HttpReply reply = client.ask("POST", "/v1/handover", {}, kUpgrade);
  EXPECT_EQ(reply.status, 101);
  EXPECT_EQ(reply.field("upgrade"), "rhumb-handover");
  ASSERT_TRUE(test::wait_until([&] { return taken >= 0; }));
  EXPECT_EQ(::fcntl(taken, F_GETFL) & O_NONBLOCK, 0) << "it blocks";
  ASSERT_EQ(::write(taken, "yours\n", 6), 6);
  EXPECT_EQ(client.receive_until("\n"), "yours");
  ASSERT_EQ(client.send("mine"), 4U);
  char octets[4];
  EXPECT_EQ(::recv(taken, octets, sizeof octets, MSG_WAITALL), 4);
  EXPECT_EQ(status_now(), 200) << "others go on";
  ::close(taken);
  EXPECT_TRUE(client.sees_the_end());
}

TEST_F(ControlServerTest, HandsNothingOverThatWasNotAskedForInTheRightWay) {
  {
    const auto server = serve_http();
    EXPECT_EQ(HttpClient(file_).ask("POST", "/v1/handover", {}, kUpgrade).status, 501) << "nobody takes it";
  }
  const std::string token = new_token();
  auto tokens = std::make_shared<Tokens>(read_tokens(token_line(Role::admin, "ada", token)).tokens);
  ControlServices with_taker = services();
  with_taker.take_over = [](int /*descriptor*/) { ADD_FAILURE() << "handed over"; };
  const ControlServer server(ControlSettings{file_, Endpoint{test::loopback(1), 0}, tokens}, with_taker);
  const HttpReply plain = HttpClient(file_).ask("POST", "/v1/handover");
  EXPECT_EQ(plain.status, 426);
  EXPECT_EQ(HttpClient(*server.http())
                .ask("POST", "/v1/handover", {}, fmt::format("Authorization: Bearer {}\r\n{}", token, kUpgrade))
                .status,
            403)
      << "over TCP";
  HttpClient hasty(file_);
  hasty.send(HttpClient::request("POST", "/v1/handover", {}, kUpgrade) + "more");
  EXPECT_EQ(hasty.receive().status, 400);
}

}  // namespace
}  // namespace rhumb::control
