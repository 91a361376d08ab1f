#include "cli/help_text.hpp"

#include <fmt/format.h>

#include "cli/table.hpp"

namespace rhumb::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kTermWidth = 24;  // of what is explained beside it; longer terms have a line of their own

// `text` in lines of at most kWidth, all but the first after `indent` spaces. The first begins at column `indent`.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string lines;
  std::size_t column = indent;
  for (const std::string& word : split(text, ' ')) {
    const std::size_t width = display_width(word);
    if (column > indent && column + 1 + width > kWidth) {
      lines += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += width;
  }
  return lines;
}

// A term and what it means, beside it or beneath.
std::string entry(std::string_view term, std::string_view meaning) {
  const std::size_t width = kIndent + display_width(term);
  const bool fits = width + 1 < kTermWidth;
  const std::string gap = fits ? std::string(kTermWidth - width, ' ') : '\n' + std::string(kTermWidth, ' ');
  return fmt::format("{}{}{}{}\n", std::string(kIndent, ' '), term, gap, wrap(meaning, kTermWidth));
}

std::string describe_entry(const OptionPage& option) {
  std::string meaning = option.description;
  if (!option.usual.empty()) meaning += fmt::format(" [default: {}]", option.usual);
  return entry(option.to_text(), meaning);
}

std::string options_text(std::string_view heading, const std::vector<OptionPage>& options) {
  std::string text;
  for (const OptionPage& option : options)
    text += describe_entry(option);
  return text.empty() ? "" : fmt::format("\n{}:\n{}", heading, text);
}

std::string group_text(std::string_view group, const std::vector<CommandPage>& commands) {
  std::string text;
  for (const CommandPage& command : commands) {
    if (command.text.group == group) text += entry(command.name, command.summary);
  }
  return text.empty() ? "" : fmt::format("\n{}:\n{}", group.empty() ? "Commands" : group, text);
}

std::string commands_text(const CommandPage& page) {
  std::string text = group_text("", page.commands);
  for (const std::string_view group : command_groups())
    text += group_text(group, page.commands);
  return text;
}

std::string details_text(std::string_view details) {
  std::string text;
  for (const std::string& paragraph : split(details, '\n')) {
    text += paragraph.empty() ? "\n" : wrap(paragraph, 0) + "\n";
  }
  return details.empty() ? "" : "\n" + text;
}

std::string examples_text(std::string_view examples) {
  std::string text;
  for (const std::string& line : split(examples, '\n'))
    text += fmt::format("  {}\n", line);
  return examples.empty() ? "" : "\nExamples:\n" + text;
}

std::string statuses_text(std::string_view statuses) {
  if (statuses.empty()) return "";
  std::string text = "\nExit status:\n";
  for (const std::string& line : split(statuses, '\n')) {
    const std::size_t gap = line.find("  ");
    text += entry(line.substr(0, gap), line.substr(gap + 2));
  }
  return text;
}

}  // namespace

std::string help_text(const CommandPage& page) {
  std::string text = fmt::format("{}\n\nUsage: {}\n", wrap(page.summary, 0), wrap(page.usage(), 7));
  text += details_text(page.text.details);
  text += commands_text(page);
  text += options_text("Arguments", page.arguments);
  text += options_text("Options", page.options);
  text += examples_text(page.text.examples);
  text += statuses_text(page.text.statuses);
  if (!page.commands.empty()) text += fmt::format("\n`{} COMMAND --help` tells more of each.\n", page.path);
  return text;
}

}  // namespace rhumb::cli
