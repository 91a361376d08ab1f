#include "daemon/database_versions.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kJanuary = 1'767'225'600;   // 2026-01-01
constexpr std::int64_t kFebruary = 1'769'904'001;  // 2026-02-01 00:00:01
constexpr const char* kJanuaryName = "2026-01-01T000000Z";
constexpr const char* kFebruaryName = "2026-02-01T000001Z";

class DatabaseVersions : public testing::Test {
 protected:
  [[nodiscard]] static std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const DatabaseVersion& version : find_versions(database_))
      names.push_back(version.name);
    return names;
  }

  test::TemporaryDirectory directory_;
  std::filesystem::path database_ = directory_.write("city.mmdb", "old");
};

TEST_F(DatabaseVersions, AreNamedByWhenTheyWereBuilt) {
  EXPECT_EQ(version_name(kJanuary), kJanuaryName);
  EXPECT_EQ(version_name(kFebruary), kFebruaryName);
}

TEST_F(DatabaseVersions, AreFoundNewestFirstAndNothingElseIs) {
  for (const char* name : {"city.mmdb.2026-01-01T000000Z", "city.mmdb.2026-02-01T000001Z", "city.mmdb.bak",
                           "city.mmdb.2026-01-01", "other.mmdb.2026-01-01T000000Z", "city.mmdb.2026-01-01T00000xZ"})
    directory_.write(name, "");
  EXPECT_THAT(names(), ElementsAre(kFebruaryName, kJanuaryName));
}

TEST_F(DatabaseVersions, WhatIsKeptIsTheOldOneThoughAnotherTakesItsPlace) {
  const DatabaseVersion kept = keep_version(database_, kJanuary);
  EXPECT_EQ(kept.name, kJanuaryName);
  put_in_place(directory_.write("new", "new"), database_);
  EXPECT_EQ(text_of(database_), "new");
  EXPECT_EQ(text_of(kept.file), "old");
  EXPECT_EQ(text_of(directory_.path() / "new"), "new") << "it stays where it is";
  put_in_place(kept.file, database_);
  EXPECT_EQ(text_of(database_), "old");
  EXPECT_THAT(names(), ElementsAre(kJanuaryName));
}

TEST_F(DatabaseVersions, AVersionThatIsKeptStaysAsItIs) {
  static_cast<void>(keep_version(database_, kJanuary));
  put_in_place(directory_.write("new", "new"), database_);
  EXPECT_EQ(text_of(keep_version(database_, kJanuary).file), "old");
}

TEST_F(DatabaseVersions, WhoCouldReadTheOldOneCanReadTheNewOne) {
  std::filesystem::permissions(database_, std::filesystem::perms(0640));
  const auto file = directory_.write("new", "new");
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  put_in_place(file, database_);
  EXPECT_EQ(std::filesystem::status(database_).permissions(), std::filesystem::perms(0640));
}

TEST_F(DatabaseVersions, NothingIsLeftOfOneThatCannotBeCopied) {
  EXPECT_THROW(put_in_place(directory_.path() / "missing", database_), std::filesystem::filesystem_error);
  EXPECT_EQ(text_of(database_), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(DatabaseVersions, ALinkGivesWayToAFileAndWhatItLedToIsKept) {
  const auto link = directory_.path() / "link.mmdb";
  std::filesystem::create_symlink("city.mmdb", link);
  const DatabaseVersion kept = keep_version(link, kJanuary);
  put_in_place(directory_.write("new", "new"), link);
  EXPECT_FALSE(std::filesystem::is_symlink(link));
  EXPECT_EQ(text_of(database_), "old");
  EXPECT_EQ(text_of(kept.file), "old");
  EXPECT_FALSE(std::filesystem::is_symlink(kept.file));
}

TEST_F(DatabaseVersions, TheOldestAreDropped) {
  for (const char* name : {kJanuaryName, kFebruaryName, "2026-03-01T000000Z"})
    directory_.write(std::string("city.mmdb.") + name, "");
  drop_versions(database_, 3);
  EXPECT_EQ(names().size(), 3U);
  drop_versions(database_, 2);
  EXPECT_THAT(names(), ElementsAre("2026-03-01T000000Z", kFebruaryName));
  drop_versions(database_, 0);
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(text_of(database_), "old");
}

}  // namespace
}  // namespace rhumb::daemon
