#include "cli/man_pages.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "cli/roff.hpp"

namespace rhumb::cli {
namespace {

// "rhumb import gdnsd" has no page of its own: it stands in that of rhumb-import(1).
std::string page_name(const CommandPage& command) {
  std::string name = command.path;
  for (char& character : name)
    character = character == ' ' ? '-' : character;
  return name;
}

bool is_program(const CommandPage& command) {
  return command.path == command.name;
}

std::string synopsis(const CommandPage& command) {
  return fmt::format("\\fB{}\\fR{}\n", roff_literal(command.path),
                     roff_literal(command.usage().substr(command.path.size())));
}

std::string option_entry(const OptionPage& option) {
  std::string term;
  for (const std::string& name : option.names) {
    term += fmt::format("{}\\fB{}\\fR", term.empty() ? "" : ", ", roff_literal(name));
  }
  if (option.takes_value()) {
    const std::string value = fmt::format("\\fI{}\\fR", roff_literal(option.shown));
    term += option.names.empty() ? value : option.is_value_optional ? " [" + value + "]" : " " + value;
  }
  std::string meaning = option.description + ".";
  if (!option.usual.empty()) meaning += fmt::format(" Default: {}.", option.usual);
  return roff_entry(term, meaning);
}

std::string option_entries(const CommandPage& command) {
  std::string text;
  for (const OptionPage& argument : command.arguments)
    text += option_entry(argument);
  for (const OptionPage& option : command.options)
    text += option_entry(option);
  return text;
}

std::string example_lines(std::string_view examples) {
  std::string text = ".nf\n";
  for (const std::string& line : split(examples, '\n'))
    text += roff_literal(line) + "\n";
  return text + ".fi\n";
}

std::string status_entries(std::string_view statuses) {
  std::string text;
  for (const std::string& line : split(statuses, '\n')) {
    const std::size_t gap = line.find("  ");
    text += roff_entry(fmt::format("\\fB{}\\fR", line.substr(0, gap)), line.substr(gap + 2) + ".");
  }
  return text;
}

// Those below a program have pages; those below a command are told where it is.
std::string list_of_pages(const CommandPage& program) {
  std::string text = ".SH COMMANDS\n";
  for (const std::string_view group : command_groups()) {
    std::string entries;
    for (const CommandPage& command : program.commands) {
      if (command.text.group != group) continue;
      entries += roff_entry(fmt::format("\\fB{}\\fR(1)", roff_literal(page_name(command))), command.summary + ".");
    }
    if (!entries.empty()) text += fmt::format(".SS {}\n{}", group, entries);
  }
  return text;
}

std::string commands_below(const CommandPage& command) {
  std::string text;
  for (const CommandPage& below : command.commands) {
    text += fmt::format(".SH {}\n{}.PP\n{}.\n", roff_literal(below.path), synopsis(below), roff_text(below.summary));
    if (!below.text.details.empty()) text += ".PP\n" + roff_paragraphs(below.text.details);
    text += option_entries(below);
    text += commands_below(below);
  }
  return text;
}

std::string see_also(const CommandPage& command) {
  return is_program(command) ? ".SH SEE ALSO\n.BR rhumb.json (5)\n"
                             : ".SH SEE ALSO\n.BR rhumb (1),\n.BR rhumb.json (5)\n";
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw std::runtime_error(fmt::format("{} cannot be read_text", file.string()));
  return std::move(text).str();
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream(file);
  stream << text;
  if (!stream.flush()) throw std::runtime_error(fmt::format("{} cannot be written", file.string()));
}

}  // namespace

std::string command_man_page(const CommandPage& command) {
  std::string text = roff_head(page_name(command), "1", command.summary);
  text += fmt::format(".SH SYNOPSIS\n{}.SH DESCRIPTION\n", synopsis(command));
  text +=
      command.text.details.empty() ? roff_text(command.summary + ".") + "\n" : roff_paragraphs(command.text.details);
  if (is_program(command)) text += list_of_pages(command);
  text += ".SH OPTIONS\n" + option_entries(command);
  if (!is_program(command)) text += commands_below(command);
  text += ".SH EXIT STATUS\n" + status_entries(command.text.statuses);
  if (!command.text.examples.empty()) text += ".SH EXAMPLES\n" + example_lines(command.text.examples);
  return text + see_also(command);
}

int man(const CommandPage& program, const ManOptions& options) {
  std::filesystem::create_directories(options.directory);
  write(options.directory / "rhumb.1", command_man_page(program));
  for (const CommandPage& command : program.commands) {
    write(options.directory / (page_name(command) + ".1"), command_man_page(command));
  }
  write(options.directory / "rhumb.json.5", config_man_page(read_text(options.schema_file)));
  return 0;
}

}  // namespace rhumb::cli
