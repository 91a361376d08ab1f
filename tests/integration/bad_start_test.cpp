// A server that cannot start says why, with the place, and ends with status 1.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/loopback.hpp"
#include "transport/socket.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class BadStart : public testing::Test {
 protected:
  BadStart() {
    world_.config["listen"] = Json::array({Endpoint{loopback(1), free_port({loopback(1)})}.to_string()});
    world_.write_config();
  }

  // What the log says of a start that must fail.
  std::string failed_start(const std::string& config_file = "rhumb.json") {
    const Finished run = run_rhumb(world_.path(), {"serve", "--config", config_file});
    EXPECT_EQ(run.exit, "status 1") << run.errors;
    EXPECT_THAT(run.errors, Not(HasSubstr("listening on")));
    return run.errors;
  }

  World world_;
};

TEST_F(BadStart, WithoutItsConfiguration) {
  EXPECT_THAT(failed_start("none.json"), HasSubstr("error: none.json: No such file or directory"));
}

TEST_F(BadStart, WithBadJson) {
  world_.write("rhumb.json", "{\n  \"listen\": [\"127.0.0.1:53\"],,\n}");
  EXPECT_THAT(failed_start(), HasSubstr("error: rhumb.json:2:30: "));
}

TEST_F(BadStart, WithAnUnknownKeySuggestsTheRightOne) {
  world_.config["zonse"] = "zones";
  world_.write_config();
  EXPECT_THAT(failed_start(), AllOf(HasSubstr("rhumb.json: /zonse: "), HasSubstr("did you mean \"zones\"?")));
}

TEST_F(BadStart, WithAServiceInNoZone) {
  world_.config["services"]["www.example.net"] = world_.config["services"]["www.example.com"];
  world_.write_config();
  EXPECT_THAT(failed_start(), HasSubstr("rhumb.json: /services/www.example.net: no zone in zones holds this name"));
}

TEST_F(BadStart, WithoutTheDirectoryOfZones) {
  world_.config["zones"] = "zoness";
  world_.write_config();
  EXPECT_THAT(failed_start(), HasSubstr("error: zoness: No such file or directory"));
}

TEST_F(BadStart, WithABadZoneFileIfThatIsToBeFatal) {
  world_.config["strict"] = true;
  world_.write_config();
  world_.write("zones/example.com.zone", std::string(kZoneText) + "bad A 192.0.2.256\n");
  EXPECT_THAT(failed_start(), HasSubstr("error: zones/example.com.zone:13: "));
}

TEST_F(BadStart, WithoutItsDatabase) {
  std::filesystem::remove(world_.path() / "geo.mmdb");
  EXPECT_THAT(failed_start(), HasSubstr("error: geo.mmdb: cannot be opened: No such file or directory"));
}

TEST_F(BadStart, WithADatabaseThatIsNone) {
  world_.write("geo.mmdb", "<html>404 Not Found</html>");
  EXPECT_THAT(failed_start(), HasSubstr("error: geo.mmdb: not a MaxMind DB"));
}

TEST_F(BadStart, TellsEverythingThatIsWrongAtOnce) {
  world_.write("zones/example.com.zone", std::string(kZoneText) + "bad A 192.0.2.256\n");
  world_.write("geo.mmdb", "");
  world_.config["services"]["www.example.net"] = world_.config["services"]["www.example.com"];
  world_.write_config();
  EXPECT_THAT(failed_start(), AllOf(HasSubstr("/services/www.example.net: "), HasSubstr("example.com.zone:13: "),
                                    HasSubstr("geo.mmdb: ")));
}

TEST_F(BadStart, OnAPortThatAnotherProgramHas) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const Endpoint endpoint{loopback(1), free_port({loopback(1)})};
    const auto taken = transport::bind_socket(endpoint, type, false);
    if (type == SOCK_STREAM) {
      ASSERT_EQ(listen(taken.get(), 1), 0);
    }
    world_.config["listen"] = Json::array({endpoint.to_string()});
    world_.write_config();
    EXPECT_THAT(failed_start(), HasSubstr("error: cannot listen on " + endpoint.to_string() +
                                          (type == SOCK_STREAM ? " (TCP)" : " (UDP)") + ": Address already in use"));
  }
}

// UDP sockets share their port (SO_REUSEPORT): it is TCP that must refuse, before any query is taken from the first.
TEST_F(BadStart, ASecondServerOnTheSamePortLeavesTheFirstAlone) {
  world_.serve();
  const std::string log = failed_start();
  EXPECT_THAT(log, ContainsRegex("cannot listen on .* \\(TCP\\): Address already in use"));
  EXPECT_THAT(world_.addresses({.name = "www.example.com", .client = kParis}), testing::ElementsAre(kEuWest));
}

TEST_F(BadStart, OnAnAddressThatTheMachineDoesNotHave) {
  world_.config["listen"] = Json::array({"192.0.2.1:5300"});
  world_.write_config();
  EXPECT_THAT(failed_start(), HasSubstr("cannot listen on 192.0.2.1:5300 (TCP): Cannot assign requested address"));
}

}  // namespace
}  // namespace rhumb::test
