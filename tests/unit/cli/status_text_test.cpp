#include "cli/status_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "some_status.hpp"

namespace rhumb::cli {
namespace {

using namespace std::chrono_literals;
using health::Override;
using health::Standing;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(StatusText, TellsWhatStandsHowAndWhy) {
  EXPECT_EQ(to_text(some_status(), {}),
            R"(service          region   instance    state      standing                since   evidence
www.example.com  us-east  192.0.2.10  up         serving                 3m ago  HTTP 200 in 3ms
www.example.com  eu-west  192.0.2.20  down       down                    3m ago  HTTP 503
www.example.com  eu-west  192.0.2.21  up         ramping 20 %, 48s left  3m ago  HTTP 200 in 3ms (from before the restart)
api.example.com  us-east  192.0.2.30  unchecked  serving
)");
}

TEST(StatusText, TellsFirstWhatIsWrongEverywhereAndLastWhatOperatorsSaid) {
  health::Status status = some_status();
  status.instances.resize(1);
  status.guard = "2 of 3 probes failed at once";
  status.notes = {"www.example.com: panic: 1 of 4 instances is up"};
  status.overrides = {
      {{"us-east"}, Override::Action::drain, "new disks", "ada", status.now - 5min, status.now + 2h, 10min},
      {{"us-east", "www.example.com", "192.0.2.10"}, Override::Action::force_up, "", "", status.now}};
  EXPECT_EQ(to_text(status, {}),
            R"(guard  2 of 3 probes failed at once
note   www.example.com: panic: 1 of 4 instances is up

service          region   instance    state  standing  since   evidence
www.example.com  us-east  192.0.2.10  up     serving   3m ago  HTTP 200 in 3ms

override                            action          owner  given   ends   reason
us-east                             drain over 10m  ada    5m ago  in 2h  new disks
www.example.com us-east 192.0.2.10  up                     0s ago  never
)");
}

TEST(StatusText, HasTheProbesOnDemand) {
  health::Status status = some_status();
  status.probes[1].is_held = true;
  status.probes[2].is_stale = true;
  const std::string text = to_text(status, {true, false});
  EXPECT_EQ(
      text.substr(text.find("\ncheck") + 1),
      R"(check  target         state  since   probed  good  bad  to change  average ms  median ms  95 % ms  load  evidence
web    192.0.2.10:80  up     3m ago  4s ago  1000  0    3          3.2         3.0        12.0           HTTP 200 in 3ms; its certificate expires in 5 days
web    192.0.2.20:80  down   3m ago  4s ago  1000  17   2          3.2         3.0        12.0           HTTP 503 (held back by the guard)
web    192.0.2.21:80  up     3m ago  4s ago  1000  0    3          3.2         3.0        12.0     0.50  HTTP 200 in 3ms (from before the restart)
)");
}

TEST(StatusText, ShowsNoShareAsNothingOrAllThatIsNot) {
  health::Status status = some_status();
  status.instances[2].share = 0.001;
  EXPECT_THAT(to_text(status, {}), HasSubstr("ramping 1 %"));
  status.instances[2].share = 0.999;
  EXPECT_THAT(to_text(status, {}), HasSubstr("ramping 99 %"));
}

TEST(StatusText, HasColourOnlyWhereItIsAskedFor) {
  EXPECT_EQ(to_text(some_status(), {true, false}).find('\x1b'), std::string::npos);
  EXPECT_THAT(to_text(some_status(), {false, true}), HasSubstr("\x1b[31mdown\x1b[0m"));
}

TEST(StatusText, SaysThatThereIsNothing) {
  EXPECT_EQ(to_text(health::Status(), {}), "no service has an instance\n");
}

TEST(OnlyAPart, KeepsWhatIsAboutIt) {
  health::Status status = some_status();
  status.guard = "2 of 3 probes failed at once";
  status.notes = {"www.example.com: panic", "api.example.com: panic"};
  status.overrides = {{{"us-east"}}, {{"eu-west", "www.example.com"}}, {{"eu-west", "api.example.com"}}};
  const health::Status part = only(status, "www.example.com", "eu-west");
  ASSERT_THAT(part.instances, SizeIs(2));
  EXPECT_EQ(part.instances[0].instance, "192.0.2.20");
  EXPECT_EQ(part.instances[1].instance, "192.0.2.21");
  ASSERT_THAT(part.probes, SizeIs(2));
  EXPECT_EQ(part.probes[part.instances[1].probes[0]].target, "192.0.2.21:80");
  EXPECT_THAT(part.notes, ElementsAre("www.example.com: panic"));
  EXPECT_EQ(part.guard, status.guard);
  ASSERT_THAT(part.overrides, SizeIs(1));
  EXPECT_EQ(part.overrides[0].scope.service, "www.example.com");
}

TEST(OnlyAPart, IsAllWhenNothingIsNamed) {
  EXPECT_EQ(to_text(only(some_status(), "", ""), {true}), to_text(some_status(), {true}));
}

TEST(IsWell, IsAboutWhatNoOperatorHasTakenOut) {
  health::Status status = some_status();
  EXPECT_FALSE(is_well(status));
  status.instances[1].standing = Standing::forced_up;
  EXPECT_TRUE(is_well(status));
  for (const Standing standing : {Standing::serving, Standing::held_down, Standing::damped, Standing::awaits_word,
                                  Standing::panic, Standing::kept}) {
    status.instances[1].standing = standing;
    EXPECT_FALSE(is_well(status)) << to_text(standing);
  }
  for (const Standing standing : {Standing::draining, Standing::drained, Standing::forced_down}) {
    status.instances[1].standing = standing;
    EXPECT_TRUE(is_well(status)) << to_text(standing);
  }
  status.guard = "2 of 3 probes failed at once";
  EXPECT_FALSE(is_well(status));
}

}  // namespace
}  // namespace rhumb::cli
