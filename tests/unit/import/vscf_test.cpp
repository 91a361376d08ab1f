#include "import/vscf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_run.hpp"

namespace rhumb::importing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Vscf : public testing::Test {
 protected:
  std::optional<VscfValue> parse(std::string text) {
    files_["config"] = std::move(text);
    report_ = {};
    return parse_vscf(files_, "config", report_);
  }
  std::string error() const {
    const auto errors = notes_of(report_, Note::Kind::error);
    return errors.empty() ? "" : errors.front();
  }

  SourceFiles files_;
  Report report_;
};

TEST_F(Vscf, ReadsTablesListsAndTexts) {
  const auto top = parse("options = { listen => [ 192.0.2.1 192.0.2.2, ] } # a comment\n; another\nempty => {}");
  ASSERT_TRUE(top);
  EXPECT_THAT(top->find("options")->find("listen")->texts(), ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(top->find("empty")->is_table());
  EXPECT_EQ(top->find("empty")->place, "config:3");
  EXPECT_EQ(top->find("nothing"), nullptr);
}

// The examples of gdnsd.config(5).
TEST_F(Vscf, TextsWithEscapesAndQuotesMeanTheSame) {
  const auto top = parse(R"(
    a = [ example "example" ex\097mpl\e "ex\097mpl\e" ]
    b = [ internal\"doublequote "internal\"doublequote" ]
    c = [ "braces{every[where]oh}my" braces\{every\[where\]oh\}my ]
    d = [ "\\===" "\092===" \\\=\=\= \092\=\=\= ]
  )");
  ASSERT_TRUE(top) << error();
  EXPECT_THAT(top->find("a")->texts(), testing::Each("example"));
  EXPECT_THAT(top->find("b")->texts(), testing::Each("internal\"doublequote"));
  EXPECT_THAT(top->find("c")->texts(), testing::Each("braces{every[where]oh}my"));
  EXPECT_THAT(top->find("d")->texts(), testing::Each("\\==="));
}

TEST_F(Vscf, AnIncludeIsAValueOrIsMergedIntoATable) {
  files_["listen"] = "[ 127.0.0.1, 127.0.0.2 ]";
  files_["plugins.d/one"] = "weighted => {}";
  files_["plugins.d/two"] = "metafo => {}";
  const auto top = parse("options => { listen => $include{listen} } plugins => { $include{plugins.d}, null => {} }");
  ASSERT_TRUE(top) << error();
  EXPECT_THAT(top->find("options")->find("listen")->texts(), ElementsAre("127.0.0.1", "127.0.0.2"));
  EXPECT_THAT(top->find("plugins")->members, SizeIs(3));
  EXPECT_EQ(top->find("plugins")->find("metafo")->place, "plugins.d/two:1");
}

TEST_F(Vscf, NothingOutsideOfTheDirectoryIsIncluded) {
  EXPECT_FALSE(parse("a => $include{../secret}"));
  EXPECT_THAT(error(), HasSubstr("config:1: $include{../secret} leads out of the directory"));
  EXPECT_FALSE(parse("a => $include{/etc/passwd}"));
  EXPECT_THAT(error(), HasSubstr("leads out of the directory"));
}

TEST_F(Vscf, AFileThatIncludesItselfIsRefused) {
  EXPECT_FALSE(parse("$include{config}"));
  EXPECT_THAT(error(), HasSubstr("more than 16 files that include each other"));
}

TEST_F(Vscf, WhatIsWrongIsToldWithFileAndLine) {
  EXPECT_FALSE(parse("a = 1\nb 2\n"));
  EXPECT_EQ(error(), "config:2: \"b\" needs = or => and a value");
  EXPECT_FALSE(parse("a = 1\na = 2\n"));
  EXPECT_EQ(error(), "config:2: \"a\" stands twice");
  EXPECT_FALSE(parse("a = {\n b = 1\n"));
  EXPECT_THAT(error(), HasSubstr("the file ends too soon"));
  EXPECT_FALSE(parse("a = \"never ends"));
  EXPECT_THAT(error(), HasSubstr("the file ends too soon"));
  EXPECT_FALSE(parse("a = \\300"));
  EXPECT_THAT(error(), HasSubstr("more than an octet"));
  EXPECT_FALSE(parse("a = ]"));
  EXPECT_THAT(error(), HasSubstr("']' is not expected here"));
}

TEST_F(Vscf, NestingHasAnEnd) {
  EXPECT_FALSE(parse("a = " + std::string(100'000, '[')));
  EXPECT_THAT(error(), HasSubstr("more than 64 levels"));
}

}  // namespace
}  // namespace rhumb::importing
