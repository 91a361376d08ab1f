// The real server's log, where the configuration wants it.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LogPlaces : public testing::Test {
 protected:
  LogPlaces() { log_to(file_); }

  void log_to(const std::filesystem::path& file) { world_.config["log"] = {{"to", file.string()}}; }
  // True when the file has `text`, sooner or later.
  [[nodiscard]] static bool has(const std::filesystem::path& file, const std::string& text) {
    return wait_until([&] { return read_file(file).find(text) != std::string::npos; });
  }

  World world_;
  std::filesystem::path file_ = world_.path() / "rhumb.log";
};

TEST_F(LogPlaces, AreLeftForTheFileOnceTheConfigurationHasBeenRead) {
  world_.serve();
  EXPECT_TRUE(has(file_, "info: listening on "));
  EXPECT_THAT(world_.rhumb().log(),
              AllOf(HasSubstr("the log goes on in " + file_.string()), Not(HasSubstr("listening on"))));
}

TEST_F(LogPlaces, AreLookedForAnewAtEveryReload) {
  world_.serve();
  const auto rotated = world_.path() / "rhumb.log.1";
  std::filesystem::rename(file_, rotated);
  world_.rhumb().signal(SIGHUP);
  EXPECT_TRUE(has(file_, "info: reloaded"));
  EXPECT_THAT(read_file(rotated), Not(HasSubstr("reload")));
}

// logrotate does not wait for somebody to mend the configuration.
TEST_F(LogPlaces, AreLookedForAnewByAReloadThatIsRefused) {
  world_.serve();
  std::filesystem::rename(file_, world_.path() / "rhumb.log.1");
  world_.write("rhumb.json", "{");
  world_.rhumb().signal(SIGHUP);
  EXPECT_TRUE(has(file_, "error: reload refused"));
}

TEST_F(LogPlaces, ThatCannotBeOpenedKeepTheServerFromStarting) {
  log_to(world_.path() / "missing" / "rhumb.log");
  world_.config["listen"] = Json::array({Endpoint{loopback(1), free_port({loopback(1)})}.to_string()});
  world_.write_config();
  const Finished run = run_rhumb(world_.path(), {"serve", "--config", "rhumb.json"});
  EXPECT_EQ(run.exit, "status 1");
  EXPECT_THAT(run.errors,
              HasSubstr("error: rhumb.json: /log/to: " + (world_.path() / "missing" / "rhumb.log").string() +
                        ": No such file or directory"));
}

TEST_F(LogPlaces, ThatCannotBeOpenedLeaveARunningServerItsOldLog) {
  world_.serve();
  log_to(world_.path() / "missing" / "rhumb.log");
  world_.write_config();
  world_.rhumb().signal(SIGHUP);
  EXPECT_TRUE(has(file_, "/log/to: "));
  EXPECT_TRUE(has(file_, "info: reloaded"));
}

TEST_F(LogPlaces, HaveTheLinesOfTheirLevel) {
  world_.config["log"]["level"] = "warning";
  world_.serve();
  world_.write("rhumb.json", "{");
  world_.rhumb().signal(SIGHUP);
  EXPECT_TRUE(has(file_, "error: reload refused"));
  EXPECT_THAT(read_file(file_), Not(HasSubstr("info: ")));
}

}  // namespace
}  // namespace rhumb::test
