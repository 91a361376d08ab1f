#include "control/request_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::control {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(RequestTarget, IsAPathAndAQuery) {
  const auto target = parse_target("/v1/zones/a%2Fb?region=eu-west&service=&flag");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("v1", "zones", "a/b"));
  EXPECT_THAT(target->query, ElementsAre(Pair("flag", ""), Pair("region", "eu-west"), Pair("service", "")));
  EXPECT_THAT(parse_target("/metrics?")->path, ElementsAre("metrics"));
  EXPECT_THAT(parse_target("/")->path, ElementsAre(""));
}

TEST(RequestTarget, RefusesWhatIsBroken) {
  for (const char* text : {"", "v1", "*", "http://localhost/v1", "/%", "/%2", "/%zz", "/%-1", "/a?b=%", "/a?b=1&b=2"})
    EXPECT_FALSE(parse_target(text)) << text;
  const auto parts = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
      text += "/a";
    return text;
  };
  EXPECT_TRUE(parse_target(parts(kTargetPartsMax)));
  EXPECT_FALSE(parse_target(parts(kTargetPartsMax + 1)));
}

TEST(RequestTarget, FindsAgainWhatWasEscaped) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string text(random.below(40), '\0');
    for (char& octet : text)
      octet = static_cast<char>(random.below(256));
    const auto target = parse_target("/" + escape(text) + "?" + escape(text) + "=" + escape(text));
    ASSERT_TRUE(target);
    EXPECT_THAT(target->path, ElementsAre(text));
    EXPECT_THAT(target->query, ElementsAre(Pair(text, text)));
  }
}

}  // namespace
}  // namespace rhumb::control
