#include "base/csv_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace rhumb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CsvFileLines : public testing::Test {
 protected:
  // Each line with its number: "3: a|b".
  std::vector<std::string> read(std::string_view text, std::string_view header = {}, std::size_t lines_max = 10) {
    Problems problems;
    CsvFile file(directory_.write("a.csv", text), header, lines_max, problems);
    std::vector<std::string> lines;
    while (file.next())
      lines.push_back(fmt::format("{}: {}", file.line_number(), fmt::join(file.fields(), "|")));
    EXPECT_FALSE(file.next()) << "the end stays the end";
    EXPECT_EQ(file.has_errors(), problems.has_errors());
    take(problems);
    return lines;
  }
  void take(const Problems& problems) {
    problems_.clear();
    for (const Problem& problem : problems.all())
      problems_.push_back(problem.to_string().substr(directory_.path().string().size() + 1));
  }

  test::TemporaryDirectory directory_;
  std::vector<std::string> problems_;
};

TEST_F(CsvFileLines, AreFieldsBetweenCommas) {
  EXPECT_THAT(read("a,b\nc\n,d,\n"), ElementsAre("1: a|b", "2: c", "3: |d|"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(CsvFileLines, LeaveOutCommentsSpacesAndEmptyLines) {
  EXPECT_THAT(read("# all\r\n\r\n \t a b ,\tc # why\r\n,#\n"), ElementsAre("3: a b|c", "4: |"));
}

TEST_F(CsvFileLines, NeedNoLineBreakAtTheEndAndMayBeNone) {
  EXPECT_THAT(read("a\nb"), ElementsAre("1: a", "2: b"));
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("\n# nothing"), IsEmpty());
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(CsvFileLines, BeginWithAHeaderOnlyIfItsFirstFieldIsThat) {
  EXPECT_THAT(read("# x\nnetwork,y\n1,2\nnetwork,z\n", "network"), ElementsAre("3: 1|2", "4: network|z"));
  EXPECT_THAT(read("1,2\nnetwork,y\n", "network"), ElementsAre("1: 1|2", "2: network|y"));
  EXPECT_THAT(read("network,y\n"), ElementsAre("1: network|y"));
}

TEST_F(CsvFileLines, MayBeginWithAByteOrderMark) {
  EXPECT_THAT(read("\xEF\xBB\xBFnetwork,y\n1,2\n", "network"), ElementsAre("2: 1|2"));
}

TEST_F(CsvFileLines, EndWithAnErrorWhereThereAreTooMany) {
  EXPECT_THAT(read("h\n1\n#\n2\n3\n4\n", "h", 2), ElementsAre("2: 1", "4: 2"));
  EXPECT_THAT(problems_, ElementsAre("a.csv:5: more than 2 lines"));
  EXPECT_THAT(read("h\n1\n2\n#\n", "h", 2), ElementsAre("2: 1", "3: 2"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(CsvFileLines, EndWithAnErrorWhereOneIsTooLong) {
  const std::string longest(CsvFile::kLineMax, 'x');
  EXPECT_THAT(read(longest + "\na\n"), ElementsAre("1: " + longest, "2: a"));
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_THAT(read("a\n" + longest + "x\nb\n"), ElementsAre("1: a"));
  EXPECT_THAT(problems_, ElementsAre("a.csv:2: longer than 65536 octets"));
  EXPECT_THAT(read(std::string(3'000'000, 'x')), IsEmpty());
  EXPECT_THAT(problems_, ElementsAre("a.csv:1: longer than 65536 octets"));
}

// Lines of many lengths, so that blocks end everywhere in them.
TEST_F(CsvFileLines, AreWholeWhereverABlockEnds) {
  std::string text;
  constexpr std::size_t kLines = 300'000;
  for (std::size_t i = 0; i < kLines; ++i)
    text += fmt::format("{},{}\n", i, std::string(i % 17, 'x'));
  Problems problems;
  CsvFile file(directory_.write("a.csv", text), "", kLines, problems);
  for (std::size_t i = 0; i < kLines; ++i) {
    ASSERT_TRUE(file.next());
    ASSERT_THAT(file.fields(), ElementsAre(std::to_string(i), std::string(i % 17, 'x')));
  }
  EXPECT_FALSE(file.next());
  EXPECT_EQ(file.line_number(), kLines);
}

TEST_F(CsvFileLines, AreTalkedOfByFileAndNumber) {
  Problems problems;
  CsvFile file(directory_.write("a.csv", "\nx\n"), "", 10, problems);
  ASSERT_TRUE(file.next());
  file.error("is wrong");
  file.error_of_whole("is of no use");
  EXPECT_TRUE(file.has_errors());
  take(problems);
  EXPECT_THAT(problems_, ElementsAre("a.csv:2: is wrong", "a.csv: is of no use"));
}

TEST_F(CsvFileLines, EndAfterMoreErrorsThanAnybodyIsShown) {
  Problems problems;
  std::string text;
  for (std::size_t i = 0; i <= Problems::kKeptMax; ++i)
    text += "x\n";
  CsvFile file(directory_.write("a.csv", text), "", 10'000, problems);
  while (file.next())
    file.error("is wrong");
  EXPECT_EQ(problems.error_count(), Problems::kKeptMax);
}

TEST_F(CsvFileLines, CannotBeReadFromWhatIsNoFile) {
  Problems problems;
  CsvFile missing(directory_.path() / "missing.csv", "", 10, problems);
  EXPECT_FALSE(missing.next());
  EXPECT_TRUE(missing.has_errors());
  CsvFile folder(directory_.path(), "", 10, problems);
  EXPECT_FALSE(folder.next());
  EXPECT_TRUE(folder.has_errors());
}

}  // namespace
}  // namespace rhumb
