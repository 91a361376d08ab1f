#include "control/tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::control {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// echo -n secret | sha256sum
constexpr std::string_view kLine = "operate deploy 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

TEST(Tokens, AreKnownByTheirDigest) {
  const Tokens tokens(read_tokens(kLine).tokens);
  const Token* found = tokens.find("secret");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "deploy");
  EXPECT_EQ(found->role, Role::operate);
  EXPECT_EQ(tokens.find("Secret"), nullptr);
  EXPECT_EQ(tokens.find(""), nullptr);
  EXPECT_EQ(tokens.find(std::string(kTokenMax + 1, 'x')), nullptr);
  EXPECT_EQ(token_line(Role::operate, "deploy", "secret"), kLine);
}

TEST(Tokens, AreReadAmongCommentsAndBlanks) {
  const ReadTokens tokens =
      read_tokens("# who\r\n\n  \t" + std::string(kLine) + " \r\n" + token_line(Role::read, "prometheus", new_token()));
  EXPECT_EQ(tokens.error, "");
  EXPECT_THAT(tokens.tokens, SizeIs(2));
}

TEST(Tokens, AreRefusedWithTheirLine) {
  const auto refusal = [](const std::string& text) {
    const ReadTokens tokens = read_tokens(text);
    return std::to_string(tokens.line) + ": " + tokens.error;
  };
  const std::string line(kLine);
  EXPECT_THAT(refusal("\nread ada"), HasSubstr("2: a line is ROLE NAME DIGEST"));
  EXPECT_THAT(refusal(line + " more"), HasSubstr("1: a line is ROLE NAME DIGEST"));
  EXPECT_THAT(refusal("opreate ada x"), HasSubstr("did you mean \"operate\"?"));
  EXPECT_THAT(refusal("nobody ada x"), HasSubstr("is not a role"));
  EXPECT_THAT(refusal("read \"ada\" x"), HasSubstr("a name is made of letters"));
  EXPECT_THAT(refusal(line.substr(0, line.size() - 1)), HasSubstr("64 digits"));
  EXPECT_THAT(refusal(line.substr(0, line.size() - 1) + "g"), HasSubstr("64 digits"));
  EXPECT_THAT(refusal(line + "\n" + line), HasSubstr("2: this token stands twice"));
}

TEST(Tokens, AreNewEachTimeAndLong) {
  EXPECT_EQ(new_token().size(), 43U);
  EXPECT_NE(new_token(), new_token());
}

}  // namespace
}  // namespace rhumb::control
