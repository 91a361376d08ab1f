#include "zone/zone_changes.hpp"

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::zone {
namespace {

constexpr std::string_view kChangedZone = "@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n";

class ZoneChangesTest : public testing::Test {
 protected:
  std::shared_ptr<const Zone> read(const std::string& records) {
    const auto file = directory_.write("example.com.zone", std::string(kChangedZone) + records);
    Problems problems;
    auto zone = load_zone_file(file, *dns::Name::from_text("example.com"), {}, problems);
    EXPECT_FALSE(problems.has_errors()) << problems.first_error()->to_string();
    return zone;
  }
  // "changed/added/removed"
  std::string changes(const std::string& before, const std::string& after) {
    const ZoneChanges found = find_changes(*read(before), *read(after));
    EXPECT_EQ(found.total(), found.changed + found.added + found.removed);
    return std::to_string(found.changed) + "/" + std::to_string(found.added) + "/" + std::to_string(found.removed);
  }

  test::TemporaryDirectory directory_;
};

TEST_F(ZoneChangesTest, CountsRrsetsByWhatBecameOfThem) {
  EXPECT_EQ(changes("a A 192.0.2.1\na TXT x\n", "a A 192.0.2.1\na TXT x\n"), "0/0/0");
  EXPECT_EQ(changes("a A 192.0.2.1\n", "a A 192.0.2.2\n"), "1/0/0");
  EXPECT_EQ(changes("a A 192.0.2.1\n", "a A 192.0.2.1\na A 192.0.2.2\n"), "1/0/0") << "one RRset still";
  EXPECT_EQ(changes("a 60 A 192.0.2.1\n", "a 61 A 192.0.2.1\n"), "1/0/0") << "the TTL counts";
  EXPECT_EQ(changes("a A 192.0.2.1\n", "b A 192.0.2.1\n"), "0/1/1");
  EXPECT_EQ(changes("a TXT x\n", "a A 192.0.2.1\na TXT x\na AAAA 2001:db8::1\n"), "0/2/0");
  EXPECT_EQ(changes("a A 192.0.2.1\na TXT x\na AAAA 2001:db8::1\n", "a TXT y\n"), "1/0/2");
}

TEST_F(ZoneChangesTest, SeesNamesInRdataThatPointIntoTheOwner) {
  EXPECT_EQ(changes("a.b MX 1 a.b\na.b A 192.0.2.1\nb A 192.0.2.1\n", "a.b MX 1 b\na.b A 192.0.2.1\nb A 192.0.2.1\n"),
            "1/0/0");
}

TEST_F(ZoneChangesTest, LeavesTheSoaOut) {
  const auto before = read("");
  const auto file =
      directory_.write("example.com.zone", "@ SOA ns hostmaster 2 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n");
  Problems problems;
  const auto after = load_zone_file(file, *dns::Name::from_text("example.com"), {}, problems);
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(find_changes(*before, *after).total(), 0U);
}

}  // namespace
}  // namespace rhumb::zone
