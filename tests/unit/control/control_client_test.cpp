#include "control/control_client.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_server.hpp"
#include "control/tokens.hpp"
#include "support/fake_administration.hpp"
#include "support/fake_operations.hpp"
#include "support/loopback.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::control {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;
using testing::SizeIs;

// Root may do everything; while this lives, the tests are somebody else.
class NoRoot {
 public:
  NoRoot() : before_(::geteuid()) {
    constexpr uid_t kNobody = 65'534;
    if (before_ == 0 && ::seteuid(kNobody) != 0) throw std::runtime_error("cannot become nobody");
  }
  ~NoRoot() {
    if (::seteuid(before_) != 0) std::abort();
  }
  NoRoot(const NoRoot&) = delete;
  NoRoot& operator=(const NoRoot&) = delete;

 private:
  uid_t before_;
};

class ControlClientTest : public testing::Test {
 protected:
  ControlClientTest() {
    health::Status status;
    status.instances = {{"www.example.com", "eu-west", "192.0.2.20"}};
    operations_ = std::make_unique<test::FakeOperations>(status);
  }

  std::unique_ptr<ControlServer> serve() {
    return std::make_unique<ControlServer>(ControlSettings{file_},
                                           ControlServices{*operations_, administration_, events_});
  }
  std::string why_unreachable(std::chrono::milliseconds patience = ControlClient::kPatience) {
    try {
      ControlClient client(file_, patience);
      (void)client.status();
    } catch (const Unreachable& error) {
      return error.what();
    }
    return "";
  }
  // A server that takes connections and says `words` to nobody or, when one comes, to the first.
  void answer_with(std::string_view words) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, file_.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_, 1), 0);
    thread_ = std::thread([this, words] {
      const int connected = ::accept(listener_, nullptr, nullptr);
      ::send(connected, words.data(), words.size(), MSG_NOSIGNAL);
      ::shutdown(connected, SHUT_WR);
      char octet = 0;
      while (::recv(connected, &octet, 1, 0) > 0) {
      }
      ::close(connected);
    });
  }
  void TearDown() override {
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) ::close(listener_);
  }

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "control.sock";
  std::unique_ptr<test::FakeOperations> operations_;
  test::FakeAdministration administration_;
  EventFeed events_;
  int listener_ = -1;
  std::thread thread_;
};

TEST_F(ControlClientTest, AsksTheServerAgainAndAgain) {
  const auto server = serve();
  ControlClient client(file_);
  const health::Scope scope{"eu-west", "www.example.com", "192.0.2.20"};
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(client.status().instances, SizeIs(1));
  EXPECT_EQ(client.set_override({scope}, false), std::nullopt);
  EXPECT_THAT(client.set_override({{"eu-wset"}}, false), Optional(HasSubstr("did you mean \"eu-west\"?")));
  EXPECT_THAT(operations_->overrides(), SizeIs(1));
  EXPECT_EQ(client.clear_override(scope), std::nullopt);
  EXPECT_EQ(client.clear_override(scope), "there is no override on www.example.com eu-west 192.0.2.20");
  EXPECT_EQ(client.resume(scope), std::nullopt);
  EXPECT_EQ(client.report({scope, "push", health::State::down, "disk"}), std::nullopt);
  EXPECT_EQ(operations_->reports().at(0).reason, "disk");
}

TEST_F(ControlClientTest, SaysWhetherItIsToBeForced) {
  operations_->be_careful();
  const auto server = serve();
  ControlClient client(file_);
  EXPECT_THAT(client.set_override({{"eu-west"}}, false), Optional(HasSubstr("--force")));
  EXPECT_EQ(client.set_override({{"eu-west"}}, true), std::nullopt);
}

TEST_F(ControlClientTest, TakesBackWordsOnNamesOfAnySigns) {
  health::Status status;
  const health::Scope scope{"eu west/&?#%", "www.example.com", "\\032.example.net"};
  status.instances = {{scope.service, scope.region, scope.instance}};
  operations_ = std::make_unique<test::FakeOperations>(status);
  const auto server = serve();
  ControlClient client(file_);
  EXPECT_EQ(client.set_override({scope}, false), std::nullopt);
  EXPECT_EQ(client.clear_override(scope), std::nullopt);
}

TEST_F(ControlClientTest, BringsTheReportOfAReloadDoneOrRefused) {
  const auto server = serve();
  ControlClient client(file_);
  EXPECT_TRUE(client.reload().is_done);
  EXPECT_FALSE(client.reload().has_held_back);
  administration_.reload_with({true, {"geo.mmdb: warning: held back"}, true});
  EXPECT_TRUE(client.reload({.accepts_databases = true}).has_held_back);
  EXPECT_EQ(administration_.reloaded(), ReloadOrder{.accepts_databases = true});
  administration_.reload_with({false, {"rhumb.json: /listen: oops"}});
  const LoadReport refused = client.reload();
  EXPECT_FALSE(refused.is_done);
  EXPECT_THAT(refused.lines, testing::ElementsAre("rhumb.json: /listen: oops"));
}

TEST_F(ControlClientTest, BringsAnExplanationAsItIsWanted) {
  const auto server = serve();
  ControlClient client(file_);
  EXPECT_EQ(client.explain({"www.example.com", "192.0.2.0/24", "192.0.2.53", "AAAA", {"eu west", "b"}, true}),
            "www.example.com 192.0.2.0/24 192.0.2.53 AAAA -eu west -b");
  EXPECT_EQ(client.explain({"a.example", "192.0.2.1"}), "[\"a.example 192.0.2.1  A\"]\n");
  EXPECT_THROW((void)client.explain({}), std::runtime_error);
}

class RemoteClientTest : public ControlClientTest {
 protected:
  RemoteClientTest() {
    token_ = new_token();
    const ReadTokens tokens = read_tokens(token_line(Role::operate, "deploy", token_));
    settings_.http = Endpoint{test::loopback(1), 0};
    settings_.tokens = std::make_shared<const Tokens>(tokens.tokens);
    server_ = std::make_unique<ControlServer>(settings_, ControlServices{*operations_, administration_, events_});
  }

  [[nodiscard]] RemoteServer remote(std::string_view path, std::string token) const {
    return {parse_url(fmt::format("http://{}{}", server_->http()->to_string(), path)).value(), std::move(token)};
  }
  static std::string why_refused(const RemoteServer& server) {
    try {
      ControlClient client(server);
      return client.set_override({{"eu-west"}}, false).value_or("");
    } catch (const Unreachable& error) {
      return error.what();
    }
  }

  std::string token_;
  ControlSettings settings_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(RemoteClientTest, DoesOverTcpWhatItsTokenMay) {
  ControlClient client(remote("", token_));
  EXPECT_THAT(client.status().instances, SizeIs(1));
  EXPECT_EQ(client.set_override({{"eu-west"}}, false), std::nullopt);
  EXPECT_THAT(operations_->overrides(), SizeIs(1));
  EXPECT_THROW((void)client.reload(), std::runtime_error) << "that takes an admin";
}

TEST_F(RemoteClientTest, SaysHowToShowATokenWhereOneIsNeeded) {
  EXPECT_THAT(why_refused(remote("", "")), AllOf(HasSubstr("needs the role \"operate\""), HasSubstr("RHUMB_TOKEN")));
  EXPECT_EQ(why_refused(remote("", "x")), "the server does not know the token");
  EXPECT_THAT(why_refused(remote("/elsewhere", token_)), HasSubstr("there is no such resource"));
}

TEST_F(RemoteClientTest, SendsNoTokenOverANetworkForAllToRead) {
  EXPECT_THAT(why_refused({*parse_url("http://192.0.2.1:8053"), token_}), HasSubstr("use https"));
}

TEST_F(RemoteClientTest, SaysWhereNobodyListens) {
  const RemoteServer server = remote("", token_);
  server_.reset();
  EXPECT_THAT(why_refused(server), HasSubstr("no server listens on http://127."));
}

TEST_F(ControlClientTest, AsksWhetherTheServerRunsWhenNobodyListens) {
  EXPECT_THAT(why_unreachable(), HasSubstr("is `rhumb serve` running, and with this configuration?"));
  directory_.write("control.sock", "");
  EXPECT_THAT(why_unreachable(), HasSubstr("is `rhumb serve` running, and with this configuration?"));
}

TEST_F(ControlClientTest, SaysWhoseGroupMayConnect) {
  const auto server = serve();
  ASSERT_EQ(::chmod(file_.c_str(), 0), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  const NoRoot somebody;
  EXPECT_THAT(why_unreachable(), HasSubstr("only its owner and its group"));
}

TEST_F(ControlClientTest, SaysThatTheDirectoryIsClosed) {
  const auto server = serve();
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0), 0);
  {
    const NoRoot somebody;
    EXPECT_THAT(why_unreachable(), HasSubstr("its directory is closed to you"));
  }
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
}

TEST_F(ControlClientTest, DoesNotWaitForEver) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, file_.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  EXPECT_THAT(why_unreachable(50ms), HasSubstr("did not answer within 0.05 s"));
  ::close(listener);
}

TEST_F(ControlClientTest, SaysThatTheServerWentAway) {
  answer_with("");
  EXPECT_THAT(why_unreachable(), HasSubstr("did not answer: end of stream"));
}

TEST_F(ControlClientTest, SaysThatItIsAnotherServer) {
  answer_with("220 mail.example.com ESMTP\n");
  EXPECT_THAT(why_unreachable(), HasSubstr("does not speak as this rhumb does (bad version)"));
}

TEST_F(ControlClientTest, RefusesAPathThatNoSocketCanHave) {
  file_ = std::string(kSocketPathMax + 1, 'x');
  EXPECT_THAT(why_unreachable(), HasSubstr("at most 107 octets"));
}

}  // namespace
}  // namespace rhumb::control
