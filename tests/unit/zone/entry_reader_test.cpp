#include "zone/entry_reader.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace rhumb::zone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// All entries as "LINE[+]TEXT", + for those with an owner, or "LINE!ERROR".
std::vector<std::string> entries(std::string_view text) {
  EntryReader reader(text);
  std::vector<std::string> all;
  for (auto outcome = reader.next(); outcome != EntryReader::Outcome::end; outcome = reader.next()) {
    all.push_back(outcome == EntryReader::Outcome::malformed
                      ? fmt::format("{}!{}", reader.line(), reader.error())
                      : fmt::format("{}{}{}", reader.line(), reader.has_owner() ? "+" : " ", reader.text()));
  }
  return all;
}

TEST(EntryReader, GivesALineAsTokensWithOneSpaceBetween) {
  EXPECT_THAT(entries("www \t IN  A\t192.0.2.1  \r\n"), ElementsAre("1+www IN A 192.0.2.1"));
}

TEST(EntryReader, KnowsTheLineAndWhetherThereIsAnOwner) {
  EXPECT_THAT(entries("\n; comment\n   \n  ; more\nwww A 192.0.2.1\n\tA 192.0.2.2\n"),
              ElementsAre("5+www A 192.0.2.1", "6 A 192.0.2.2"));
}

TEST(EntryReader, ReadsALastLineWithoutALineEnd) {
  EXPECT_THAT(entries("a A 192.0.2.1\nb A 192.0.2.2"), ElementsAre("1+a A 192.0.2.1", "2+b A 192.0.2.2"));
}

TEST(EntryReader, JoinsLinesInParentheses) {
  EXPECT_THAT(entries("@ SOA a b (1 ; serial\n\n  2)(3\n) 4\nx A 192.0.2.1\n"),
              ElementsAre("1+@ SOA a b 1 2 3 4", "5+x A 192.0.2.1"));
}

TEST(EntryReader, LeavesQuotesAndEscapesAlone) {
  EXPECT_THAT(entries(R"(a\ b TXT "c ; (d)  \" e" f\;g "")"), ElementsAre(R"(1+a\ b TXT "c ; (d)  \" e" f\;g "")"));
  EXPECT_THAT(entries(R"(a TXT "b""c")"), ElementsAre(R"(1+a TXT "b" "c")"));
  EXPECT_THAT(entries(R"(a SVCB 1 . alpn="h2,h3" port=1)"), ElementsAre(R"(1+a SVCB 1 . alpn="h2,h3" port=1)"));
}

TEST(EntryReader, NothingIsNoEntry) {
  EXPECT_THAT(entries(""), IsEmpty());
  EXPECT_THAT(entries("\n \n\t; x"), IsEmpty());
}

TEST(EntryReader, SaysOnWhichLineTheFaultIsAndGoesOn) {
  EXPECT_THAT(entries("a A (\nb\n\nc"), ElementsAre("1!a parenthesis is opened and not closed"));
  EXPECT_THAT(entries("\na )\nb x\n"), ElementsAre("2!a parenthesis is closed and was not opened", "3+b x"));
  EXPECT_THAT(entries("a (\nTXT \"b\n)\nc x\n"), ElementsAre("2!a quoted string is not closed on its line", "4+c x"));
  EXPECT_THAT(entries("a \"b\nc x\n"), ElementsAre("1!a quoted string is not closed on its line", "2+c x"));
  EXPECT_THAT(entries("a \\\nc x\n"), ElementsAre("1!a backslash ends the line", "2+c x"));
  EXPECT_THAT(entries("()\nc x\n"), ElementsAre("1!there is nothing between the parentheses", "2+c x"));
  EXPECT_THAT(entries(std::string_view("a \0b\nc x\n", 9)),
              ElementsAre("1!there is a null octet; is this a text file?", "2+c x"));
}

TEST(EntryReader, ReadsLineEndsOfWindows) {
  EXPECT_THAT(entries("a TXT b ; c\r\n\r\nd TXT (\r\n \"e f\"\r\n)\r\n\tTXT g\r\n"),
              ElementsAre("1+a TXT b", R"(3+d TXT "e f")", "6 TXT g"));
}

TEST(EntryReader, RefusesAByteOrderMarkOnce) {
  const std::string error = "1!the file begins with a byte order mark; save it as UTF-8 without one";
  EXPECT_THAT(entries("\xEF\xBB\xBF@ A 192.0.2.1\nb x\n"), ElementsAre(error, "2+b x"));
  EXPECT_THAT(entries("\xEF\xBB\xBF"), ElementsAre(error));
  EXPECT_THAT(entries("\xEF\xBB\xBF\n; c\n"), ElementsAre(error));
  EXPECT_THAT(entries("a \xEF\xBB\xBF\n"), ElementsAre("1+a \xEF\xBB\xBF")) << "elsewhere it is data";
}

TEST(EntryReader, RefusesAnEntryThatIsTooLongAndGoesOn) {
  const std::string most(EntryReader::kEntryMax, 'a');
  EXPECT_THAT(entries(most), ElementsAre("1+" + most));
  EXPECT_THAT(entries("x (\n" + most + "\n)\nc x\n"), ElementsAre("1!the record is longer than 65000 octets", "4+c x"));
  EXPECT_THAT(entries(std::string(1'000'000, 'a')), ElementsAre(HasSubstr("longer than")));
}

TEST(EntryReader, CountsLinesFromTheFirstOfItsBlock) {
  EntryReader reader("\xEF\xBB\xBF A 192.0.2.1\n", 7);
  EXPECT_EQ(reader.next(), EntryReader::Outcome::entry) << "a byte order mark begins a file, not a block";
  EXPECT_EQ(reader.line(), 7U);
}

TEST(TakeToken, StopsAtSpacesThatAreNeitherQuotedNorEscaped) {
  std::string_view text = R"(a\ b "c d" key="e f" \"g h)";
  EXPECT_EQ(take_token(text), R"(a\ b)");
  EXPECT_EQ(take_token(text), R"("c d")");
  EXPECT_EQ(take_token(text), R"(key="e f")");
  EXPECT_EQ(take_token(text), R"(\"g)");
  EXPECT_EQ(take_token(text), "h");
  EXPECT_EQ(take_token(text), "");
  EXPECT_EQ(take_token(text), "");
}

}  // namespace
}  // namespace rhumb::zone
