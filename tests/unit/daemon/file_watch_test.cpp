#include "daemon/file_watch.hpp"

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

class FileWatchTest : public testing::Test {
 protected:
  // By size, so that no clock's resolution matters.
  void write(std::string_view text) { directory_.write("a.csv", text); }

  test::TemporaryDirectory directory_;
};

TEST_F(FileWatchTest, TellsAChangeOnceAndWhenItHasSettled) {
  write("1");
  FileWatch watch({directory_.path() / "a.csv"});
  EXPECT_FALSE(watch.look());
  write("12");
  EXPECT_FALSE(watch.look()) << "it may still be written";
  write("123");
  EXPECT_FALSE(watch.look()) << "it was";
  EXPECT_TRUE(watch.look());
  EXPECT_FALSE(watch.look());
}

TEST_F(FileWatchTest, AFileThatIsReplacedHasChanged) {
  write("1");
  FileWatch watch({directory_.path() / "a.csv"});
  directory_.write("new.csv", "2");
  std::filesystem::rename(directory_.path() / "new.csv", directory_.path() / "a.csv");
  EXPECT_FALSE(watch.look());
  EXPECT_TRUE(watch.look());
}

TEST_F(FileWatchTest, AFileThatIsGoneIsWaitedFor) {
  write("1");
  FileWatch watch({directory_.path() / "a.csv"});
  std::filesystem::remove(directory_.path() / "a.csv");
  EXPECT_FALSE(watch.look());
  EXPECT_FALSE(watch.look());
  write("12");
  EXPECT_FALSE(watch.look());
  EXPECT_TRUE(watch.look());
}

TEST_F(FileWatchTest, AFileThatIsNotThereDoesNotHideTheOthers) {
  write("1");
  FileWatch watch({directory_.path() / "none.csv", directory_.path() / "a.csv"});
  write("12");
  EXPECT_FALSE(watch.look());
  EXPECT_TRUE(watch.look());
  directory_.write("none.csv", "here now");
  EXPECT_FALSE(watch.look());
  EXPECT_TRUE(watch.look());
}

TEST_F(FileWatchTest, WithoutFilesNothingChanges) {
  FileWatch watch;
  EXPECT_FALSE(watch.look());
  EXPECT_FALSE(watch.look());
}

}  // namespace
}  // namespace rhumb::daemon
