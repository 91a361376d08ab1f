#include "daemon/source_watch.hpp"

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using std::chrono::seconds;

// The kernel queues what happens before the call that made it happen returns: no test waits.
class SourceWatchTest : public testing::Test {
 protected:
  SourceWatchTest() {
    directory_.write("rhumb.json", "1");
    directory_.write("zones/a.zone", "1");
    watch_.emplace(sources(), seconds(10));
  }

  [[nodiscard]] Sources sources() const { return {{directory_.path() / "rhumb.json"}, directory_.path() / "zones"}; }
  // Looks at this many seconds after the start.
  bool look(int second) { return watch_->look(SourceWatch::Clock::time_point(seconds(second))); }

  test::TemporaryDirectory directory_;
  std::optional<SourceWatch> watch_;
};

TEST_F(SourceWatchTest, TellsAChangeOnceItHasSettled) {
  EXPECT_FALSE(look(0));
  directory_.write("rhumb.json", "12");
  EXPECT_FALSE(look(1));
  EXPECT_FALSE(look(10));
  EXPECT_TRUE(look(11));
  EXPECT_FALSE(look(12)) << "once";
  EXPECT_FALSE(look(100));
}

TEST_F(SourceWatchTest, AnotherChangeBeginsTheWaitAnew) {
  directory_.write("rhumb.json", "12");
  EXPECT_FALSE(look(1));
  directory_.write("zones/a.zone", "12");
  EXPECT_FALSE(look(10));
  EXPECT_FALSE(look(19));
  EXPECT_TRUE(look(20));
}

TEST_F(SourceWatchTest, WhatIsTakenBackIsNoChange) {
  const auto file = directory_.path() / "zones/b.zone";
  directory_.write("zones/b.zone", "1");
  EXPECT_FALSE(look(1));
  std::filesystem::remove(file);
  EXPECT_FALSE(look(2));
  EXPECT_FALSE(look(100));
}

TEST_F(SourceWatchTest, ZonesThatComeOrGoAreChanges) {
  directory_.write("zones/b.zone", "1");
  EXPECT_FALSE(look(1));
  EXPECT_TRUE(look(11));
  std::filesystem::remove(directory_.path() / "zones/b.zone");
  EXPECT_FALSE(look(12));
  EXPECT_TRUE(look(22));
}

TEST_F(SourceWatchTest, OtherFilesThereAreNone) {
  directory_.write("state", "1");
  directory_.write("zones/a.zone.swp", "1");
  EXPECT_FALSE(look(1));
  EXPECT_FALSE(look(100));
}

TEST_F(SourceWatchTest, ADirectoryThatTakesTheOthersPlaceIsAChange) {
  directory_.write("new/a.zone", "2");
  std::filesystem::rename(directory_.path() / "zones", directory_.path() / "old");
  std::filesystem::rename(directory_.path() / "new", directory_.path() / "zones");
  EXPECT_FALSE(look(1));
  EXPECT_TRUE(look(11));
  directory_.write("zones/b.zone", "1");
  EXPECT_FALSE(look(12));
  EXPECT_TRUE(look(22)) << "it is watched from then on";
}

TEST_F(SourceWatchTest, ALinkToAnotherDirectoryIsAChange) {
  directory_.write("version-1/rhumb.json", "1");
  directory_.write("version-2/rhumb.json", "2");
  std::filesystem::create_directory_symlink("version-1", directory_.path() / "now");
  std::filesystem::create_symlink("now/rhumb.json", directory_.path() / "linked.json");
  watch_.emplace(Sources{{directory_.path() / "linked.json"}, directory_.path() / "zones"}, seconds(10));
  std::filesystem::create_directory_symlink("version-2", directory_.path() / "next");
  std::filesystem::rename(directory_.path() / "next", directory_.path() / "now");
  EXPECT_FALSE(look(1));
  EXPECT_TRUE(look(11));
}

TEST_F(SourceWatchTest, FollowsWhatALoadHasRead) {
  directory_.write("hosts/h", "1");
  Sources more = sources();
  more.files.push_back(directory_.path() / "hosts/h");
  watch_->follow(more);
  EXPECT_FALSE(look(0));
  directory_.write("hosts/h", "12");
  EXPECT_FALSE(look(1));
  EXPECT_TRUE(look(11));
}

}  // namespace
}  // namespace rhumb::daemon
