#include "base/known_files.hpp"

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb {
namespace {

class KnownFilesTest : public testing::Test {
 protected:
  // As if they had been written an hour before.
  [[nodiscard]] KnownFiles read() const {
    return {{directory_.path() / "a", directory_.path() / "b"},
            std::chrono::system_clock::now() + std::chrono::hours(1)};
  }

  KnownFilesTest() {
    directory_.write("a", "1");
    directory_.write("b", "1");
  }

  test::TemporaryDirectory directory_;
};

TEST_F(KnownFilesTest, AreUnchangedUntilOneIsWritten) {
  const KnownFiles files = read();
  EXPECT_TRUE(files.are_unchanged());
  directory_.write("b", "12");
  EXPECT_FALSE(files.are_unchanged());
}

TEST_F(KnownFilesTest, AreNotWhenOneIsGoneOrReplaced) {
  const KnownFiles files = read();
  std::filesystem::rename(directory_.path() / "a", directory_.path() / "c");
  EXPECT_FALSE(files.are_unchanged());
  std::filesystem::copy(directory_.path() / "c", directory_.path() / "a");
  EXPECT_FALSE(files.are_unchanged());
}

TEST_F(KnownFilesTest, AreNeverKnownIfTheyHadJustBeenWritten) {
  const KnownFiles files({directory_.path() / "a"}, std::chrono::system_clock::now());
  EXPECT_FALSE(files.are_unchanged());
}

TEST_F(KnownFilesTest, AreNeverKnownIfTheyWereNotThere) {
  EXPECT_FALSE(KnownFiles({directory_.path() / "c"}, std::chrono::system_clock::now()).are_unchanged());
}

TEST_F(KnownFilesTest, NoFilesAreAlwaysKnown) {
  EXPECT_TRUE(KnownFiles().are_unchanged());
}

}  // namespace
}  // namespace rhumb
