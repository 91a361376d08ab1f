#include "control/control_server.hpp"

#include <sys/stat.h>

#include <memory>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>

#include "raw_client.hpp"
#include "support/fake_operations.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::SizeIs;
using testing::StrEq;

constexpr std::string_view kStatusLine = "{\"call\":\"status\"}\n";
constexpr std::string_view kDrainLine =
    "{\"call\":\"set_override\",\"override\":{\"region\":\"eu-west\",\"action\":\"drain\"}}\n";

health::Status status_of(std::size_t instances) {
  health::Status status;
  for (std::size_t i = 0; i < instances; ++i)
    status.instances.push_back({"www.example.com", "eu-west", "instance " + std::to_string(i)});
  return status;
}

class ControlServerTest : public testing::Test {
 protected:
  std::unique_ptr<ControlServer> serve(ControlLimits limits = {}) {
    return std::make_unique<ControlServer>(file_, operations_, limits);
  }
  std::string refusal_of_a_server() {
    try {
      const ControlServer server(file_, operations_);
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

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "control.sock";
  test::FakeOperations operations_{status_of(1)};
};

TEST_F(ControlServerTest, AnswersManyRequestsOfAConnectionInOrder) {
  const auto server = serve();
  RawClient client(file_);
  client.send(std::string(kStatusLine) + std::string(kDrainLine) +
              "{\"call\":\"clear_override\",\"scope\":{\"region\":"
              "\"us-east\"}}\n");
  EXPECT_THAT(client.receive_line(), Optional(HasSubstr("\"instance\":\"instance 0\"")));
  EXPECT_THAT(client.receive_line(), Optional(StrEq("{\"ok\":true}")));
  EXPECT_THAT(client.receive_line(), Optional(StrEq("{\"error\":\"there is no override on us-east\"}")));
}

TEST_F(ControlServerTest, MakesEveryCall) {
  const health::Scope scope{"eu-west", "www.example.com", "instance 0"};
  EXPECT_TRUE(perform(operations_, StatusCall{}, "ada").status);
  EXPECT_EQ(perform(operations_, SetOverrideCall{{scope}}, "ada").error, "");
  EXPECT_THAT(operations_.overrides(), SizeIs(1));
  EXPECT_EQ(perform(operations_, ClearOverrideCall{scope}, "ada").error, "");
  EXPECT_THAT(operations_.overrides(), SizeIs(0));
  EXPECT_EQ(perform(operations_, ResumeCall{scope}, "ada").error, "");
  EXPECT_THAT(operations_.resumed(), ElementsAre(scope));
  EXPECT_EQ(perform(operations_, ReportCall{{scope, "push", health::State::down, "disk"}}, "ada").error, "");
  ASSERT_THAT(operations_.reports(), SizeIs(1));
  EXPECT_EQ(operations_.reports()[0].reason, "disk");
}

TEST_F(ControlServerTest, ForcesOnlyWhatIsToBeForced) {
  operations_.be_careful();
  EXPECT_THAT(perform(operations_, SetOverrideCall{{{"eu-west"}}, false}, "ada").error, HasSubstr("--force"));
  EXPECT_EQ(perform(operations_, SetOverrideCall{{{"eu-west"}}, true}, "ada").error, "");
}

TEST_F(ControlServerTest, TellsWhatWentWrongInACall) {
  class Broken : public test::FakeOperations {
    health::Status status() override { throw std::runtime_error("out of luck"); }
  };
  Broken broken;
  EXPECT_EQ(perform(broken, StatusCall{}, "ada").error, "the call failed: out of luck");
}

TEST_F(ControlServerTest, TakesTheOwnerFromTheConnectionOnlyIfTheRequestNamesNone) {
  const auto server = serve();
  RawClient client(file_);
  client.send(kDrainLine);
  ASSERT_TRUE(client.receive_line());
  client.send(
      "{\"call\":\"set_override\",\"override\":{\"region\":\"eu-west\",\"service\":\"www.example.com\","
      "\"action\":\"drain\",\"owner\":\"grace\"}}\n");
  ASSERT_TRUE(client.receive_line());
  const passwd* me = getpwuid(getuid());
  const std::string name = me != nullptr ? me->pw_name : "uid " + std::to_string(getuid());
  const auto overrides = operations_.overrides();
  ASSERT_THAT(overrides, SizeIs(2));
  EXPECT_EQ(overrides[0].owner, name);
  EXPECT_EQ(overrides[1].owner, "grace");
}

TEST_F(ControlServerTest, AnswersAgainAfterGarbage) {
  const auto server = serve();
  RawClient client(file_);
  client.send("\xFF garbage\n\n{\"call\":\"statsu\"}\n" + std::string(kDrainLine));
  EXPECT_THAT(client.receive_line(), Optional(HasSubstr("not JSON")));
  EXPECT_THAT(client.receive_line(), Optional(HasSubstr("not JSON")));
  EXPECT_THAT(client.receive_line(), Optional(HasSubstr("did you mean")));
  EXPECT_THAT(client.receive_line(), Optional(StrEq("{\"ok\":true}")));
}

TEST_F(ControlServerTest, RefusesARequestWithoutEndAndCloses) {
  const auto server = serve();
  RawClient client(file_);
  const std::string piece(8'192, 'x');
  for (std::size_t sent = 0; sent <= kRequestMax; sent += piece.size())
    client.send(piece);
  EXPECT_THAT(client.receive_line(), Optional(HasSubstr("longer than 65536 octets")));
  EXPECT_TRUE(client.sees_the_end());
}

TEST_F(ControlServerTest, DoesNotMakeACallWhoseLineIsCutOff) {
  {
    const auto server = serve();
    RawClient client(file_);
    client.send(kDrainLine.substr(0, kDrainLine.size() - 1));
    RawClient another(file_);
    another.send(kStatusLine);
    ASSERT_TRUE(another.receive_line());
  }
  EXPECT_THAT(operations_.overrides(), SizeIs(0));
}

TEST_F(ControlServerTest, ClosesAConnectionThatIsIdle) {
  const auto server = serve({64, 50ms, 10s});
  RawClient silent(file_);
  EXPECT_TRUE(silent.sees_the_end());
  RawClient half(file_);
  half.send("{\"call\":");
  EXPECT_TRUE(half.sees_the_end());
}

TEST_F(ControlServerTest, ClosesTheConnectionThatWaitsLongestToMakeRoom) {
  const auto server = serve({2, 60s, 10s});
  RawClient first(file_);
  first.send(kStatusLine);
  ASSERT_TRUE(first.receive_line());
  RawClient second(file_);
  second.send(kStatusLine);
  ASSERT_TRUE(second.receive_line());
  first.send(kStatusLine);
  ASSERT_TRUE(first.receive_line());

  RawClient third(file_);
  third.send(kStatusLine);
  EXPECT_TRUE(third.receive_line());
  EXPECT_TRUE(second.sees_the_end());
  first.send(kStatusLine);
  EXPECT_TRUE(first.receive_line());
}

// Its response is much more than the kernel keeps for a connection.
TEST_F(ControlServerTest, IsNotHeldUpByAClientThatDoesNotRead) {
  health::Status status;
  status.guard = std::string(4'000'000, 'x');
  test::FakeOperations operations(status);
  const ControlServer server(file_, operations, {64, 60s, 50ms});
  RawClient greedy(file_);
  greedy.send(kStatusLine);
  RawClient patient(file_);
  patient.send("{\"call\":\"clear_override\",\"scope\":{\"region\":\"eu-west\"}}\n");
  EXPECT_TRUE(patient.receive_line());
  EXPECT_TRUE(greedy.is_hung_up_on()) << "a response that is not taken in time must be given up";
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
  RawClient client(file_);
  client.send(kStatusLine);
  EXPECT_TRUE(client.receive_line());
}

TEST_F(ControlServerTest, LeavesTheSocketToALiveServer) {
  const auto server = serve();
  EXPECT_THAT(refusal_of_a_server(), HasSubstr("another server does"));
  RawClient client(file_);
  client.send(kStatusLine);
  EXPECT_TRUE(client.receive_line());
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
  RawClient client(file_);
  client.send(kStatusLine);
  EXPECT_TRUE(client.receive_line());
}

}  // namespace
}  // namespace rhumb::control
