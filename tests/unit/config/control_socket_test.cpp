#include "config/control_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/socket_path.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using testing::HasSubstr;

class ControlSocket : public testing::Test {
 protected:
  std::optional<std::filesystem::path> find(std::string_view text) {
    Problems problems;
    auto socket = find_control_socket(directory_.write("rhumb.json", text), problems);
    const Problem* error = problems.first_error();
    complaint_ = error == nullptr ? "" : error->message;
    return socket;
  }

  test::TemporaryDirectory directory_;
  std::string complaint_;
};

TEST_F(ControlSocket, IsBesideTheConfiguration) {
  EXPECT_EQ(find(R"({"control": {"socket": "run/control.sock"}})"), directory_.path() / "run/control.sock");
  EXPECT_EQ(find(R"({"control": {"socket": "/run/rhumb/control.sock"}})"), "/run/rhumb/control.sock");
  EXPECT_EQ(complaint_, "");
}

TEST_F(ControlSocket, IsFoundInAConfigurationThatIsWrongElsewhere) {
  EXPECT_EQ(find(R"({"listen": 7, "oops": true, "control": {"socket": "/control.sock"}})"), "/control.sock");
  EXPECT_EQ(complaint_, "");
}

TEST_F(ControlSocket, NeedNotBe) {
  EXPECT_EQ(find("{}"), std::nullopt);
  EXPECT_EQ(complaint_, "");
}

TEST_F(ControlSocket, IsRefusedWhenItCannotBeOne) {
  for (const char* control : {"7", "{}", R"({"socket": 7})", R"({"socket": ""})", R"({"socket": "a\u0000b"})",
                              R"({"socket": "a", "mode": 438})"}) {
    EXPECT_EQ(find(std::string(R"({"control": )") + control + "}"), std::nullopt) << control;
    EXPECT_NE(complaint_, "") << control;
  }
  EXPECT_EQ(find("[]"), std::nullopt);
  EXPECT_THAT(complaint_, HasSubstr("must be an object"));
}

TEST_F(ControlSocket, HasAPathThatFitsIntoAnAddress) {
  const auto with_length = [](std::size_t length) {
    return R"({"control": {"socket": "/)" + std::string(length - 1, 'x') + "\"}}";
  };
  EXPECT_TRUE(find(with_length(control::kSocketPathMax)));
  EXPECT_FALSE(find(with_length(control::kSocketPathMax + 1)));
  EXPECT_THAT(complaint_, HasSubstr("has 108 octets, and the path of a Unix socket at most 107"));
}

}  // namespace
}  // namespace rhumb::config
