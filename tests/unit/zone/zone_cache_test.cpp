#include "zone/zone_cache.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "random_seeds.hpp"
#include "zone_contents.hpp"
#include "zone_directory.hpp"

namespace rhumb::zone {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A bit of everything that a compiled zone can hold.
constexpr std::string_view kZone =
    "@ 3600 SOA ns1 admin 7 7200 900 1209600 300\n"
    "@ 3600 NS ns1\n"
    "@ 3600 NS ns2.sub\n"
    "@ 3600 MX 10 mail\n"
    "@ 3600 MX 20 other.MAIL\n"
    "@ 3600 TXT \"text\"\n"
    "ns1 3600 A 192.0.2.53\n"
    "ns1 3600 AAAA 2001:db8::53\n"
    "mail 3600 A 192.0.2.25\n"
    "other.mail 3600 A 192.0.2.26\n"
    "sub 3600 NS ns2.sub\n"
    "ns2.sub 3600 A 192.0.2.54\n"
    "www 3600 CNAME web\n"
    "web 3600 A 192.0.2.80\n"
    "*.wild 3600 CNAME x.wild\n"
    "old 3600 DNAME new\n"
    "_sip._tcp 3600 SRV 1 2 5060 mail\n"
    "svc 3600 HTTPS 1 . alpn=h2\n"
    "$INCLUDE included\n";

class CachedZone : public ::testing::Test {
 protected:
  CachedZone() {
    directory_.write("zone", kZone);
    directory_.write("included", "more 3600 A 192.0.2.99\n");
    directory_.write("cache/.keep", "");
  }

  // What a start does, and after it the cache is written. Notes whether the zone came from there.
  std::shared_ptr<const Zone> start() {
    Problems problems;
    const ZoneCache cache(directory_.path() / "cache", 1);
    const auto loaded = cache.load(directory_.path() / "zone", kApexName, overlays_, problems);
    is_from_cache_ = loaded.zone != nullptr && !loaded.uncached;
    fault_ = loaded.uncached ? write(*loaded.uncached) : std::nullopt;
    problems_ = problems.all();
    return loaded.zone;
  }

  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "cache/zone.compiled"; }
  [[nodiscard]] std::string cached() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  const dns::Name kApexName = *dns::Name::from_text("example.com");
  ZoneDirectory directory_;
  std::vector<OverlayName> overlays_ = {{*dns::Name::from_text("web.example.com"), 5, "rhumb.json", false},
                                        {*dns::Name::from_text("only.here.example.com"), 9, "rhumb.json", false}};
  bool is_from_cache_ = false;
  std::optional<std::string> fault_;
  std::vector<Problem> problems_;
};

TEST_F(CachedZone, IsTheZoneThatTheTextMakes) {
  const auto from_text = start();
  ASSERT_NE(from_text, nullptr);
  EXPECT_FALSE(is_from_cache_);
  const auto again = start();
  ASSERT_NE(again, nullptr);
  EXPECT_TRUE(is_from_cache_);
  EXPECT_EQ(contents(*again), contents(*from_text));
  EXPECT_EQ(again->memory_size(), from_text->memory_size());
}

TEST_F(CachedZone, IsWarnedAboutAsTheTextIs) {
  directory_.write("zone", std::string(kZone) + "elsewhere.test. A 192.0.2.1\nbad MX 1 web.sub\nbad MX 1 nobody\n");
  ASSERT_NE(start(), nullptr);
  const auto warnings = problems_;
  EXPECT_THAT(warnings, SizeIs(2));
  ASSERT_NE(start(), nullptr);
  EXPECT_TRUE(is_from_cache_);
  EXPECT_EQ(problems_, warnings);
}

TEST_F(CachedZone, IsNotTakenWhenItsTextHasChanged) {
  start();
  directory_.write("zone", std::string(kZone) + "new A 192.0.2.1\n");
  const auto zone = start();
  EXPECT_FALSE(is_from_cache_);
  EXPECT_THAT(contents(*zone), Contains(HasSubstr(hex_text(Bytes(dns::Name::from_text("new.example.com")->wire())))));
  start();
  EXPECT_TRUE(is_from_cache_) << "it was written anew";
}

TEST_F(CachedZone, IsNotTakenWhenWhatItIncludesHasChangedOrIsGone) {
  start();
  directory_.write("included", "more 3600 A 192.0.2.98\n");
  start();
  EXPECT_FALSE(is_from_cache_);
  std::filesystem::remove(directory_.path() / "included");
  EXPECT_EQ(start(), nullptr);
  EXPECT_THAT(problems_, SizeIs(1));
}

TEST_F(CachedZone, KnowsTheServicesOverItAndTheirNumbersNow) {
  start();
  overlays_[0].overlay = 1;
  overlays_[1].overlay = 0;
  const auto zone = start();
  EXPECT_TRUE(is_from_cache_);
  std::vector<Overlay> overlays;
  for (NodeIndex node = 0; node < zone->node_count(); ++node) {
    if (zone->overlay(node) != kNoOverlay) overlays.push_back(zone->overlay(node));
  }
  EXPECT_THAT(overlays, ElementsAre(1U, 0U));
  overlays_.pop_back();
  start();
  EXPECT_FALSE(is_from_cache_);
}

TEST_F(CachedZone, DoesNotHoldWhatHasErrors) {
  directory_.write("zone", std::string(kZone) + "bad A 192.0.2\n");
  EXPECT_EQ(start(), nullptr);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(CachedZone, IsNotWrittenForSmallTexts) {
  Problems problems;
  const auto loaded = ZoneCache(directory_.path() / "cache").load(directory_.path() / "zone", kApexName, {}, problems);
  EXPECT_NE(loaded.zone, nullptr);
  EXPECT_FALSE(loaded.uncached);
}

TEST_F(CachedZone, OfAnotherZoneIsNotTaken) {
  start();
  const std::string other = cached();
  directory_.write("zone", std::string(kZone) + "new A 192.0.2.1\n");
  start();
  directory_.write("cache/zone.compiled", other);
  start();
  EXPECT_FALSE(is_from_cache_);
}

TEST_F(CachedZone, ThatCannotBeWrittenIsSaid) {
  std::filesystem::remove_all(directory_.path() / "cache");
  EXPECT_NE(start(), nullptr);
  ASSERT_TRUE(fault_);
  EXPECT_THAT(*fault_, HasSubstr("zone.compiled cannot be written: No such file"));
}

TEST_F(CachedZone, LeavesNothingElseBehind) {
  start();
  start();
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path() / "cache"))
    names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre(".keep", "zone.compiled"));
}

// Whatever has become of the file, the zone is what the text makes, and the next start has a good file again.
TEST_F(CachedZone, IsNeverTakenDamaged) {
  const auto expected = contents(*start());
  const std::string good = cached();
  for (std::uint32_t seed = 0; seed < seeds(40); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string damaged = good;
    if (seed % 4 == 0) {
      damaged.resize(random() % good.size());
    } else if (seed % 4 == 1) {
      damaged.append(1 + random() % 9, '\0');
    } else {
      damaged[random() % good.size()] ^= static_cast<char>(1U << random() % 8);
    }
    directory_.write("cache/zone.compiled", damaged);
    const auto zone = start();
    ASSERT_NE(zone, nullptr);
    ASSERT_EQ(contents(*zone), expected);
    ASSERT_THAT(problems_, IsEmpty());
    // The octets that fill a section up to a multiple of eight are nobody's.
    ASSERT_FALSE(is_from_cache_ && seed % 4 < 2);
  }
}

}  // namespace
}  // namespace rhumb::zone
