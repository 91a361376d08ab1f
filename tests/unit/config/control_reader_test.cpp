#include "config/control_reader.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/socket_path.hpp"
#include "control/tokens.hpp"
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
  for (const char* text : {"{}", R"({"control": {}})", R"({"control": {"http": {"listen": "127.0.0.1:8053"}}})"}) {
    EXPECT_EQ(find(text), std::nullopt);
    EXPECT_EQ(complaint_, "");
  }
}

TEST_F(ControlSocket, IsRefusedWhenItCannotBeOne) {
  for (const char* control :
       {"7", R"({"socket": 7})", R"({"socket": ""})", R"({"socket": "a\u0000b"})", R"({"socket": "a", "mode": 438})"}) {
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

class ControlReader : public testing::Test {
 protected:
  Control read(const std::string& control) {
    Problems problems;
    const auto file = directory_.write("rhumb.json", R"({"control": )" + control + "}");
    const auto document = parse_json_file(file, problems);
    Control read = read_control(JsonPlace(document.value(), file, problems), file);
    complaint_ = problems.all().empty() ? "" : problems.all().front().to_string();
    return read;
  }
  void write_private(const std::string& name, const std::string& text) {
    std::filesystem::permissions(directory_.write(name, text),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  void make_certificate() const {
    const std::string command =
        "cd " + directory_.path().string() +
        " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem "
        "-out cert.pem -subj /CN=rhumb 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  test::TemporaryDirectory directory_;
  std::string complaint_;
};

TEST_F(ControlReader, ReadsAllThatThereIs) {
  make_certificate();
  write_private("tokens", control::token_line(control::Role::read, "ada", "secret") + "\n");
  const Control control = read(R"({"socket": "c.sock", "audit_log": "audit.log", "http": {"listen": "192.0.2.1:8053",
      "tokens_file": "tokens", "tls": {"certificate": "cert.pem", "key": "key.pem"}}})");
  EXPECT_EQ(complaint_, "");
  EXPECT_EQ(control.socket, directory_.path() / "c.sock");
  EXPECT_EQ(control.audit_log, directory_.path() / "audit.log");
  EXPECT_EQ(control.http, Endpoint::parse("192.0.2.1:8053"));
  ASSERT_NE(control.tokens, nullptr);
  EXPECT_NE(control.tokens->find("secret"), nullptr);
  EXPECT_NE(control.tls, nullptr);
}

TEST_F(ControlReader, WantsTlsWhereTokensCrossANetwork) {
  read(R"({"http": {"listen": "192.0.2.1:8053"}})");
  EXPECT_THAT(complaint_, HasSubstr("/control/http/listen: 192.0.2.1 is not a loopback address"));
  for (const char* listen : {"127.0.0.1:8053", "127.1.2.3:8053", "[::1]:8053"}) {
    read(std::string(R"({"http": {"listen": ")") + listen + "\"}}");
    EXPECT_EQ(complaint_, "");
  }
}

TEST_F(ControlReader, RefusesTokensThatAreOpenToEverybody) {
  write_private("tokens", control::token_line(control::Role::read, "ada", "secret"));
  std::filesystem::permissions(directory_.path() / "tokens", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  read(R"({"http": {"listen": "127.0.0.1:8053", "tokens_file": "tokens"}})");
  EXPECT_THAT(complaint_, HasSubstr("is open to everybody (mode 604)"));
}

TEST_F(ControlReader, SaysWhichTokenIsWrong) {
  write_private("tokens", "# all\nread ada x\n");
  read(R"({"http": {"listen": "127.0.0.1:8053", "tokens_file": "tokens"}})");
  EXPECT_THAT(complaint_, HasSubstr("tokens:2: the digest is not a SHA-256"));
}

TEST_F(ControlReader, SaysWhatIsWrongWithACertificate) {
  make_certificate();
  const auto complaint = [this](const std::string& tls) {
    read(R"({"http": {"listen": "127.0.0.1:8053", "tls": )" + tls + "}}");
    return complaint_;
  };
  EXPECT_THAT(complaint(R"({"certificate": "cert.pem"})"), HasSubstr("\"key\" is missing"));
  EXPECT_THAT(complaint(R"({"certificate": "key.pem", "key": "key.pem"})"), HasSubstr("certificate cannot be read"));
  EXPECT_THAT(complaint(R"({"certificate": "cert.pem", "key": "cert.pem"})"), HasSubstr("key cannot be read"));
  EXPECT_THAT(complaint(R"({"certificate": "no.pem", "key": "key.pem"})"), HasSubstr("No such file"));
}

TEST_F(ControlReader, NeedsAWayToBeReached) {
  read("{}");
  EXPECT_THAT(complaint_, HasSubstr("needs a \"socket\", or \"http\", or both"));
}

}  // namespace
}  // namespace rhumb::config
