// The commands that ask a running server, up to its engine of health.
#include <cstdlib>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "control/control_server.hpp"
#include "control/tokens.hpp"
#include "some_status.hpp"
#include "support/fake_administration.hpp"
#include "support/fake_operations.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::cli {
namespace {

using namespace std::chrono_literals;
using health::Override;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class OperatorCommands : public testing::Test {
 protected:
  OperatorCommands()
      : server_(std::in_place, control::ControlSettings{directory_.path() / "control.sock"},
                control::ControlServices{operations_, administration_, events_}) {
    address_.config_file = directory_.write("rhumb.json", R"({"control": {"socket": "control.sock"}})");
  }

  // What the command prints; its exit status is kept, and what it complains of.
  template <typename Options>
  std::string run(int (*command)(const Options&), const Options& options) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      exit_status_ = command(options);
      complaint_.clear();
    } catch (const std::exception& error) {
      exit_status_ = -1;
      complaint_ = error.what();
    }
    complaint_ += testing::internal::GetCapturedStderr();
    return testing::internal::GetCapturedStdout();
  }
  [[nodiscard]] OverrideOptions word(health::Scope scope) const { return {address_, std::move(scope)}; }

  test::TemporaryDirectory directory_;
  test::FakeOperations operations_{some_status()};
  test::FakeAdministration administration_;
  control::EventFeed events_;
  std::optional<control::ControlServer> server_;
  ServerAddress address_;
  int exit_status_ = -1;
  std::string complaint_;
};

TEST_F(OperatorCommands, FindTheServerByItsConfigurationOrSocket) {
  EXPECT_THAT(run(status, StatusOptions{address_}), HasSubstr("www.example.com  us-east"));
  EXPECT_THAT(run(status, StatusOptions{{"nowhere.json", directory_.path() / "control.sock"}}),
              HasSubstr("www.example.com  us-east"));
}

TEST_F(OperatorCommands, SayWhatToDoWhenThereIsNoServer) {
  server_.reset();
  run(status, StatusOptions{address_});
  EXPECT_THAT(complaint_, HasSubstr("is `rhumb serve` running, and with this configuration?"));
  address_.config_file = directory_.write("rhumb.json", "{}");
  run(status, StatusOptions{address_});
  EXPECT_THAT(complaint_, HasSubstr("has no control channel: add \"control\": {\"socket\": \"control.sock\"}"));
  address_.config_file = directory_.write("rhumb.json", "{");
  run(status, StatusOptions{address_});
  EXPECT_THAT(complaint_, HasSubstr("(--socket reaches the server without it)"));
}

TEST_F(OperatorCommands, TellTheStatusOfAPart) {
  StatusOptions options{address_};
  options.service = "WWW.example.com.";
  options.region = "us-east";
  const std::string text = run(status, options);
  EXPECT_EQ(exit_status_, 0);
  EXPECT_THAT(text, HasSubstr("192.0.2.10"));
  EXPECT_THAT(text, Not(HasSubstr("192.0.2.20")));
  options.region.clear();
  run(status, options);
  EXPECT_EQ(exit_status_, 2) << "an instance is down";
}

TEST_F(OperatorCommands, RefuseToTellTheStatusOfWhatIsNot) {
  StatusOptions options{address_};
  options.service = "ww.example.com";
  run(status, options);
  EXPECT_THAT(complaint_, HasSubstr("did you mean \"www.example.com\"?"));
  options.region = "us-eats";
  run(status, options);
  EXPECT_THAT(complaint_, HasSubstr("did you mean \"us-east\"?"));
}

TEST_F(OperatorCommands, TellTheStatusAsJson) {
  StatusOptions options{address_};
  options.as_json = true;
  const auto json = nlohmann::json::parse(run(status, options));
  EXPECT_EQ(json["instances"][1]["standing"], "down");
  EXPECT_EQ(json["probes"].size(), 3U);
}

TEST_F(OperatorCommands, Drain) {
  DrainOptions options{word({"us-east"}), "10m"};
  options.word.reason = "new disks";
  options.word.owner = "ada";
  options.word.until = "2h";
  EXPECT_THAT(run(drain, options), HasSubstr("us-east is draining: 2 instances of 2 services, gone in 10m"));
  EXPECT_EQ(exit_status_, 0);
  const auto overrides = operations_.overrides();
  ASSERT_THAT(overrides, SizeIs(1));
  EXPECT_EQ(overrides[0].action, Override::Action::drain);
  EXPECT_EQ(overrides[0].over, 10min);
  EXPECT_EQ(overrides[0].reason, "new disks");
  EXPECT_EQ(overrides[0].owner, "ada");
  EXPECT_TRUE(overrides[0].until);
}

TEST_F(OperatorCommands, SayWhoGaveTheWord) {
  ::setenv("SUDO_USER", "grace", 1);
  run(drain, DrainOptions{word({"us-east"})});
  ::unsetenv("SUDO_USER");
  ASSERT_THAT(operations_.overrides(), SizeIs(1));
  EXPECT_EQ(operations_.overrides()[0].owner, "grace");
}

TEST_F(OperatorCommands, RefuseTimesThatAreNone) {
  run(drain, DrainOptions{word({"us-east"}), "soon"});
  EXPECT_EQ(complaint_, "rhumb drain: --over: \"soon\" is not a duration such as \"10m\"\n");
  OverrideOptions with_end = word({"us-east"});
  with_end.until = "yesterday";
  run(force, ForceOptions{with_end, true});
  EXPECT_THAT(complaint_, HasSubstr("rhumb force: --until: \"yesterday\" is not a time to come"));
  EXPECT_THAT(operations_.overrides(), IsEmpty());
}

TEST_F(OperatorCommands, ForceUpAndDown) {
  EXPECT_THAT(run(force, ForceOptions{word({"eu-west", "www.example.com", "192.0.2.20"}), true}),
              HasSubstr("192.0.2.20 is forced up"));
  EXPECT_THAT(run(force, ForceOptions{word({"us-east"}), false}), HasSubstr("us-east is forced down"));
  const auto overrides = operations_.overrides();
  ASSERT_THAT(overrides, SizeIs(2));
  EXPECT_EQ(overrides[0].action, Override::Action::force_up);
  EXPECT_EQ(overrides[1].action, Override::Action::force_down);
}

TEST_F(OperatorCommands, GoAgainstASafetyRuleOnlyWhenForced) {
  operations_.be_careful();
  DrainOptions options{word({"us-east"})};
  run(drain, options);
  EXPECT_EQ(exit_status_, 1);
  EXPECT_THAT(complaint_, HasSubstr("--force does it all the same"));
  options.word.force = true;
  run(drain, options);
  EXPECT_EQ(exit_status_, 0);
}

TEST_F(OperatorCommands, TakeAWordBackAndSayWhatItWas) {
  run(drain, DrainOptions{word({"us-east"})});
  EXPECT_THAT(run(undrain, ScopeOptions{address_, {"us-east"}}), HasSubstr("us-east is no longer drained"));
  EXPECT_EQ(exit_status_, 0);
  EXPECT_THAT(operations_.overrides(), IsEmpty());
  run(undrain, ScopeOptions{address_, {"us-east"}});
  EXPECT_EQ(exit_status_, 1);
  EXPECT_EQ(complaint_, "rhumb undrain: there is no override on us-east\n");
  run(undrain, ScopeOptions{address_, {"us-eats"}});
  EXPECT_THAT(complaint_, HasSubstr("did you mean \"us-east\"?"));
}

TEST_F(OperatorCommands, Resume) {
  EXPECT_EQ(run(resume, ScopeOptions{address_, {"us-east", "WWW.example.com."}}),
            "www.example.com us-east: no instance was held back\n");
  EXPECT_THAT(operations_.resumed(), ElementsAre(health::Scope{"us-east", "www.example.com"}));
  run(resume, ScopeOptions{address_, {"us-eats"}});
  EXPECT_EQ(exit_status_, 1);
  EXPECT_THAT(complaint_, HasSubstr("did you mean \"us-east\"?"));
}

TEST_F(OperatorCommands, Report) {
  const ReportOptions options{address_, {"us-east", "www.example.com", "192.0.2.10"}, false, "push", "disk full"};
  EXPECT_EQ(run(report, options), "www.example.com us-east 192.0.2.10: reported down\n");
  const auto reports = operations_.reports();
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].state, health::State::down);
  EXPECT_EQ(reports[0].check, "push");
  EXPECT_EQ(reports[0].reason, "disk full");
  EXPECT_EQ(reports[0].scope, options.scope);
}

TEST_F(OperatorCommands, ReloadAndSayWhatWasWrong) {
  EXPECT_EQ(run(reload, ReloadOptions{.server = address_}), "rhumb.json: /: warning: hm\nreloaded\n");
  EXPECT_EQ(exit_status_, 0);
  administration_.reload_with({false, {"rhumb.json: /listen: oops"}});
  EXPECT_EQ(run(reload, ReloadOptions{.server = address_}), "rhumb.json: /listen: oops\n");
  EXPECT_EQ(exit_status_, 1);
  EXPECT_THAT(complaint_, HasSubstr("rhumb reload: refused"));
}

TEST_F(OperatorCommands, MakeATokenThatItsLineIsFor) {
  const std::string text = run(token, TokenOptions{"operate", "deploy"});
  EXPECT_EQ(exit_status_, 0);
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  ASSERT_THAT(lines, SizeIs(4));
  const control::Tokens tokens(control::read_tokens(lines[3]).tokens);
  const control::Token* found = tokens.find(lines[1]);
  ASSERT_NE(found, nullptr) << text;
  EXPECT_EQ(found->name, "deploy");
  EXPECT_EQ(found->role, control::Role::operate);
}

TEST_F(OperatorCommands, RefuseTokensThatTheFileCouldNotHave) {
  run(token, TokenOptions{"root", "deploy"});
  EXPECT_EQ(exit_status_, 1);
  EXPECT_THAT(complaint_, HasSubstr("\"root\" is not a role"));
  run(token, TokenOptions{"read", "a b"});
  EXPECT_EQ(exit_status_, 1);
  EXPECT_THAT(complaint_, HasSubstr("a name is made of"));
}

}  // namespace
}  // namespace rhumb::cli
