#include "cli/command_page.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rhumb::cli {
namespace {

// More values than this are as many as one likes.
constexpr int kFewValues = 16;

// CLI11 adds to the word for a value what checks it: "up|down:{up,down}".
std::string value_word(const CLI::Option& option) {
  const std::string word = option.get_type_name();
  return word.substr(0, word.find(':'));
}

// Of an argument its name, unless its word are the choices.
std::string shown_word(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const std::string word = value_word(option);
  return option.get_positional() && word.find('|') == std::string::npos ? option.get_name(true) : word;
}

OptionPage describe_option(const CLI::Option& option) {
  OptionPage page{};
  for (const std::string& name : option.get_snames())
    page.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    page.names.push_back("--" + name);
  page.shown = shown_word(option);
  page.value = page.takes_value() ? value_word(option) : "";
  page.description = option.get_description();
  page.usual = option.get_default_str();
  page.is_required = option.get_required();
  page.is_value_optional = option.get_expected_min() == 0;
  page.repeats = option.get_items_expected_max() > kFewValues;
  return page;
}

std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

template <typename Pages>
auto find_if_any(const Pages& pages, auto matches) noexcept -> decltype(pages.data()) {
  const auto found = std::find_if(pages.begin(), pages.end(), matches);
  return found == pages.end() ? nullptr : &*found;
}

}  // namespace

std::string OptionPage::to_text() const {
  if (names.empty()) return shown;
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  if (takes_value()) text += is_value_optional ? " [" + shown + "]" : " " + shown;
  return text;
}

std::string CommandPage::usage() const {
  std::string line = path;
  if (!commands.empty()) line += " COMMAND";
  for (const OptionPage& argument : arguments) {
    const std::string word = argument.shown + (argument.repeats ? "…" : "");
    line += argument.is_required ? " " + word : " [" + word + "]";
  }
  for (const OptionPage& option : options) {
    if (option.is_required) line += " " + option.to_text();
  }
  return line + " [OPTIONS]";
}

const CommandPage* CommandPage::find_command(std::string_view wanted) const noexcept {
  return find_if_any(commands, [&](const CommandPage& command) { return command.name == wanted; });
}

const OptionPage* CommandPage::find_option(std::string_view wanted) const noexcept {
  return find_if_any(options, [&](const OptionPage& option) {
    return std::find(option.names.begin(), option.names.end(), wanted) != option.names.end();
  });
}

CommandPage describe(const CLI::App& command) {
  CommandPage page;
  page.path = path_of(command);
  page.name = command.get_name();
  page.summary = command.get_description();
  page.text = text_of(page.path);
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    (option->get_positional() ? page.arguments : page.options).push_back(describe_option(*option));
  }
  // CLI11 adds --help before all others, where it would stand between a reader and what the command is about.
  if (!page.options.empty()) std::rotate(page.options.begin(), page.options.begin() + 1, page.options.end());
  for (const CLI::App* below : command.get_subcommands(nullptr)) {
    if (!below->get_group().empty()) page.commands.push_back(describe(*below));
  }
  return page;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace rhumb::cli
