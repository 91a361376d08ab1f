#include "config/user_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using testing::HasSubstr;

struct Found {
  std::optional<std::string> user;
  std::string problem;
};

Found find(std::string_view text) {
  const test::TemporaryDirectory directory;
  Problems problems;
  auto user = find_user(directory.write("rhumb.json", text), problems);
  return {std::move(user), problems.all().empty() ? "" : problems.all().front().to_string()};
}

TEST(FindUser, LooksAtNothingElse) {
  const Found found = find(R"({"user": "rhumb", "listen": 7, "no": "key"})");
  EXPECT_EQ(found.user, "rhumb");
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(find("{}").user, std::nullopt);
}

TEST(FindUser, SaysWhatIsNoName) {
  for (const char* text : {R"({"user": ""})", R"({"user": 53})", R"({"user": "a\u0000b"})"}) {
    const Found found = find(text);
    EXPECT_EQ(found.user, std::nullopt) << text;
    EXPECT_THAT(found.problem, HasSubstr("rhumb.json: /user: ")) << text;
  }
  EXPECT_THAT(find("[]").problem, HasSubstr("must be an object"));
  EXPECT_THAT(find("{").problem, HasSubstr("rhumb.json:1:"));
}

}  // namespace
}  // namespace rhumb::config
