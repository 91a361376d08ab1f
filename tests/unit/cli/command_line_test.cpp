// What is said of the command line: by --help, the manual pages and completion.
#include "cli/command_line.hpp"

#include <filesystem>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/completion.hpp"
#include "cli/help_text.hpp"
#include "cli/man_pages.hpp"
#include "cli/roff.hpp"
#include "cli/table.hpp"
#include "support/child_process.hpp"

namespace rhumb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

const CommandPage& program() {
  static const CommandPage page = CommandLine().page();
  return page;
}

// `visit`, of the program and every command.
void for_each_command(const std::function<void(const CommandPage&)>& visit, const CommandPage& page = program()) {
  SCOPED_TRACE(page.path);
  visit(page);
  for (const CommandPage& below : page.commands)
    for_each_command(visit, below);
}

std::vector<OptionPage> all_options(const CommandPage& command) {
  std::vector<OptionPage> all = command.arguments;
  all.insert(all.end(), command.options.begin(), command.options.end());
  return all;
}

TEST(CommandLine, SaysOfEveryCommandWhatItDoes) {
  for_each_command([](const CommandPage& command) {
    EXPECT_THAT(command.summary, Not(IsEmpty()));
    // What is missing here belongs into command_texts.cpp.
    EXPECT_THAT(command.text.examples, HasSubstr(command.path));
    const bool is_below_another = command.path.find(' ') != command.path.rfind(' ');
    EXPECT_TRUE(is_below_another || !command.text.details.empty());
  });
}

TEST(CommandLine, SaysOfEveryOptionWhatItIsAndWhatItTakes) {
  for_each_command([](const CommandPage& command) {
    for (const OptionPage& option : all_options(command)) {
      SCOPED_TRACE(option.to_text());
      EXPECT_THAT(option.description, Not(IsEmpty()));
      // The words of CLI11, where a command gives none with type_name(): see command_page.hpp.
      for (const char* none : {"TEXT", "INT", "UINT", "FLOAT", "BOOLEAN"})
        EXPECT_NE(option.value, none);
    }
  });
}

TEST(CommandLine, HasHelpOfEveryOptionWithinAWidthOf80) {
  for_each_command([](const CommandPage& command) {
    const std::string help = help_text(command);
    for (const OptionPage& option : all_options(command))
      EXPECT_THAT(help, HasSubstr("\n  " + option.to_text()));
    for (const CommandPage& below : command.commands)
      EXPECT_THAT(help, HasSubstr("\n  " + below.name + " "));
    const std::string_view before_examples = std::string_view(help).substr(0, help.find("\nExamples:"));
    for (const std::string& line : split(before_examples, '\n'))
      EXPECT_LE(display_width(line), 80) << line;
  });
}

TEST(CommandLine, HasAManualPageOfEveryCommandWithItsOptions) {
  for (const CommandPage& command : program().commands) {
    const std::string page = command_man_page(command);
    for (const OptionPage& option : all_options(command)) {
      const std::string name =
          option.names.empty() ? "\\fI" + roff_literal(option.shown) : "\\fB" + roff_literal(option.names.back());
      EXPECT_THAT(page, HasSubstr(name)) << command.path;
    }
    EXPECT_THAT(command_man_page(program()), HasSubstr("\\fBrhumb\\-" + command.name + "\\fR(1)"));
  }
}

TEST(CommandLine, ShowsNothingThatIsForPrograms) {
  EXPECT_EQ(program().find_command("complete"), nullptr);
  EXPECT_EQ(program().find_command("man"), nullptr);
  EXPECT_EQ(program().find_command("serve")->find_option("--replace-over"), nullptr);
}

TEST(CommandLine, RunsNothingForHelpAndSucceeds) {
  for_each_command([](const CommandPage& command) {
    std::vector<std::string> words = split(command.path, ' ');
    words.emplace_back("--help");
    std::vector<const char*> arguments;
    for (const std::string& word : words)
      arguments.push_back(word.c_str());
    testing::internal::CaptureStdout();
    EXPECT_EQ(CommandLine().run(static_cast<int>(arguments.size()), arguments.data()), 0);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), help_text(command));
  });
}

// `visit`, of each key of each object that the schema describes.
void for_each_key(const nlohmann::json& schema, const std::function<void(const std::string&)>& visit) {
  if (schema.is_object() && schema.contains("properties") && schema.value("type", "") == "object") {
    for (const auto& [key, ignored] : schema["properties"].items())
      visit(key);
  }
  if (!schema.is_structured()) return;
  for (const nlohmann::json& below : schema)
    for_each_key(below, visit);
}

TEST(CommandLine, HasAManualPageOfEveryKeyOfTheConfigurationWithWhatItMeans) {
  const std::string schema = test::read_file(std::filesystem::path(RHUMB_TEST_DATA) / "../../docs/rhumb.schema.json");
  const std::string page = config_man_page(schema);
  for_each_key(nlohmann::json::parse(schema),
               [&](const std::string& key) { EXPECT_THAT(page, HasSubstr("\n\\fB" + roff_literal(key) + "\\fR\n(")); });
  EXPECT_THAT(page, Not(HasSubstr(") \n"))) << "a key without a description";
  EXPECT_THAT(page, HasSubstr(".SS services.NAME.instances[]\n"));
  EXPECT_THAT(page, HasSubstr("(integer 0 to 65535, default 1) Its share;"));
  EXPECT_THAT(page, HasSubstr("(list of endpoint, required)"));
}

TEST(Roff, TakesNoTextForARequestOrAnEscape) {
  EXPECT_EQ(roff_literal(".nf"), "\\&.nf");
  EXPECT_EQ(roff_literal("a\\b 'c' --d"), "a\\eb \\(aqc\\(aq \\-\\-d");
  EXPECT_EQ(roff_text("see `rhumb check` first"), "see \\fBrhumb check\\fR first");
}

std::vector<std::string> names(std::string_view value, const Context& context) {
  if (value == "REGION") return {"eu-west", "us-east"};
  if (value == "INSTANCE") return {context.service + "/1", context.config_file + "/2"};
  return {};
}

std::vector<std::string> offered(const std::vector<std::string>& words) {
  std::vector<std::string> texts;
  for (const Candidate& candidate : find_completion(program(), words, names).candidates)
    texts.push_back(candidate.text);
  return texts;
}

TEST(Completion, OffersCommandsAndWhatTheyAreAbout) {
  EXPECT_THAT(offered({"dra"}), ElementsAre("drain"));
  EXPECT_THAT(offered({"import", "g"}), ElementsAre("gdnsd", "geodns"));
  EXPECT_THAT(offered({"drain", ""}), ElementsAre("eu-west", "us-east"));
  EXPECT_THAT(offered({"force", ""}), ElementsAre("up", "down"));
  EXPECT_THAT(offered({"force", "up", "us"}), ElementsAre("us-east"));
}

TEST(Completion, OffersOptionsUntilTheyAreGiven) {
  EXPECT_THAT(offered({"drain", "--ov"}), ElementsAre("--over"));
  EXPECT_THAT(offered({"drain", "--over", "1m", "--ov"}), IsEmpty());
  EXPECT_THAT(offered({"explain", "--down", "eu-west", "--dow"}), ElementsAre("--down"));
  EXPECT_THAT(offered({"drain", "--", "--ov"}), IsEmpty());
  EXPECT_THAT(offered({"check", ""}), UnorderedElementsAre("--config", "--help"));
}

TEST(Completion, KnowsWhatAnOptionTakesWhicheverWayItIsWritten) {
  EXPECT_THAT(offered({"explain", "--down", "us"}), ElementsAre("us-east"));
  EXPECT_THAT(offered({"explain", "--down=us"}), ElementsAre("--down=us-east"));
  EXPECT_THAT(offered({"drain", "--over=1m", "eu"}), ElementsAre("eu-west"));
  EXPECT_THAT(offered({"drain", "--reason", "--over", "eu"}), ElementsAre("eu-west"));
  EXPECT_THAT(offered({"status", "--watch", "--al"}), ElementsAre("--all"));
  EXPECT_EQ(find_completion(program(), {"check", "--config", "x"}, names).files, Files::all);
  EXPECT_EQ(find_completion(program(), {"import", "gdnsd", ""}, names).files, Files::directories);
}

TEST(Completion, LooksNamesUpWhereTheLineSays) {
  EXPECT_THAT(offered({"drain", "--config", "a.json", "--service=www", "--instance", ""}),
              ElementsAre("www/1", "a.json/2"));
}

TEST(Completion, OffersNothingForWhatIsWrong) {
  EXPECT_THAT(offered({}), IsEmpty());
  EXPECT_THAT(offered({"dran", "--ov"}), IsEmpty());
  EXPECT_THAT(offered({"drain", "--no-such=x"}), IsEmpty());
  EXPECT_THAT(offered({"drain", "eu-west", "e"}), IsEmpty());
}

}  // namespace
}  // namespace rhumb::cli
