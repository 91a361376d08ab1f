// `rhumb check`: everything that is wrong, with its place, and a status that a script can use.
#include <fstream>
#include <random>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "support/long_run.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

class Check : public testing::Test {
 protected:
  Check() { world_.config["listen"] = Json::array({"127.0.0.1:5300"}); }

  Finished check() {
    world_.write_config();
    return run_rhumb(world_.path(), {"check", "--config", "rhumb.json"});
  }

  World world_;
};

TEST_F(Check, WhatIsGoodIsCountedAndHasStatusZero) {
  const Finished run = check();
  EXPECT_EQ(run.exit, "status 0");
  EXPECT_EQ(run.output, "rhumb.json: good: 1 zones, 1 services, 6 instances; 0 warnings\n");
  EXPECT_EQ(run.errors, "");
}

TEST_F(Check, WarningsArePrintedAndLeaveStatusZero) {
  world_.config["regions"]["sa-east"] = {{"coordinates", {-23.55, -46.63}}};
  const Finished run = check();
  EXPECT_EQ(run.exit, "status 0");
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("rhumb.json: /regions/sa-east: warning: no service has an instance in this region\n"),
                    HasSubstr("1 warnings\n")));
}

TEST_F(Check, EveryProblemIsPrintedWithItsPlaceAndTheStatusIsOne) {
  world_.write("zones/example.com.zone", std::string(kZoneText) + "static CNAME www\nbad A 192.0.2.256\n");
  world_.write("geo.mmdb", "no database");
  world_.config["services"]["www.example.net"] = world_.config["services"]["www.example.com"];
  const Finished run = check();
  EXPECT_EQ(run.exit, "status 1");
  EXPECT_THAT(run.output, AllOf(HasSubstr("rhumb.json: /services/www.example.net: no zone in zones holds this name\n"),
                                HasSubstr("zones/example.com.zone:13: "), HasSubstr("zones/example.com.zone:14: "),
                                HasSubstr("geo.mmdb: not a MaxMind DB")));
  EXPECT_THAT(run.output, HasSubstr("rhumb.json: 4 errors, 1 warnings\n"));
}

TEST_F(Check, AnErrorInAZoneHasStatusOneAlthoughTheServerWouldStart) {
  world_.write("zones/example.net.zone", "@ A 192.0.2.1\n");
  const Finished run = check();
  EXPECT_EQ(run.exit, "status 1");
  EXPECT_THAT(run.output, AllOf(HasSubstr("zones/example.net.zone: warning: the zone is not served"),
                                HasSubstr("rhumb.json: 2 errors, 1 warnings\n")));
}

TEST_F(Check, EveryMistakeInTheConfigurationIsPrinted) {
  world_.config["services"]["www.example.com"]["ttl"] = "30";
  world_.config["services"]["www.example.com"]["instances"][1]["address"] = "2001:db8::g";
  world_.config["regions"]["eu-west"]["coordinates"] = {91, 0};
  const Finished run = check();
  EXPECT_EQ(run.exit, "status 1");
  EXPECT_THAT(run.output, AllOf(HasSubstr("rhumb.json: /services/www.example.com/ttl: "),
                                HasSubstr("rhumb.json: /services/www.example.com/instances/1/address: "
                                          "\"2001:db8::g\" is not an IP address"),
                                HasSubstr("rhumb.json: /regions/eu-west/coordinates/0: ")));
}

TEST_F(Check, ListensNowhere) {
  world_.serve();  // has the port that the configuration names
  const Finished run = run_rhumb(world_.path(), {"check", "--config", "rhumb.json"});
  EXPECT_EQ(run.exit, "status 0") << run.output;
}

TEST_F(Check, PathsAreRelativeToTheConfigurationNotToTheDirectoryOfTheCaller) {
  world_.write_config();
  const Finished run =
      run_rhumb(std::filesystem::temp_directory_path(), {"check", "--config", world_.path() / "rhumb.json"});
  EXPECT_EQ(run.exit, "status 0") << run.output;
}

TEST_F(Check, TheConfigurationOfTheDemoIsGood) {
  const Finished run =
      run_rhumb(world_.path(), {"check", "--config", std::string(RHUMB_TEST_DATA) + "/../../rhumb.json"});
  EXPECT_EQ(run.exit, "status 0") << run.output;
  EXPECT_THAT(run.output, HasSubstr(" 0 warnings\n"));
}

// A few octets changed, or a part missing.
std::string corrupted(std::string octets, Random& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random.next() % limit); };
  if (below(4) == 0) return octets.substr(0, below(octets.size()));
  for (std::size_t changes = 1 + below(16); changes > 0; --changes)
    octets[below(octets.size())] = static_cast<char>(random.next());
  return octets;
}

// Whatever is in a database: it is loaded, or refused by its name, and never more than that.
TEST_F(Check, ACorruptDatabaseIsAnErrorNotACrash) {
  const std::uint64_t first_seed = std::random_device()();
  const std::uint64_t rounds = is_long_run() ? 1'000 : 25;
  world_.write_config();
  for (std::uint64_t seed = first_seed; seed < first_seed + rounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const char* fixture = random.next() % 2 == 0 ? "/city.mmdb" : "/flat-city-ipv4.mmdb";
    world_.write("geo.mmdb", corrupted(read_file(std::string(RHUMB_TEST_DATA) + fixture), random));
    const Finished run = run_rhumb(world_.path(), {"check", "--config", "rhumb.json"});
    ASSERT_THAT(run.exit, AnyOf("status 0", "status 1")) << run.errors;
    if (run.exit == "status 1") {
      ASSERT_THAT(run.output, testing::StartsWith("geo.mmdb: "));
    }
  }
}

}  // namespace
}  // namespace rhumb::test
