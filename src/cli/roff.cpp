#include "cli/roff.hpp"

#include <array>
#include <cstdlib>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/command_page.hpp"

namespace rhumb::cli {
namespace {

struct Escape {
  char character;
  std::string_view roff;
};

// What groff would take for something else, or for its typographic likeness.
constexpr std::array kEscapes = {Escape{'\\', "\\e"},   Escape{'-', "\\-"},   Escape{'"', "\\(dq"},
                                 Escape{'\'', "\\(aq"}, Escape{'^', "\\(ha"}, Escape{'~', "\\(ti"},
                                 Escape{'`', "\\(ga"}};

std::string_view escape_of(char character) {
  for (const Escape& escape : kEscapes) {
    if (escape.character == character) return escape.roff;
  }
  return "";
}

// Of the sources, where whoever builds says so (reproducible-builds.org); of the build elsewhere.
std::string date() {
  const char* of_sources = std::getenv("SOURCE_DATE_EPOCH");
  const std::time_t time = of_sources == nullptr ? std::time(nullptr) : std::strtoll(of_sources, nullptr, 10);
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(time));
}

}  // namespace

std::string roff_literal(std::string_view text) {
  // A line that begins with a dot is a request.
  std::string result = text.starts_with('.') ? "\\&" : "";
  for (const char character : text) {
    const std::string_view escape = escape_of(character);
    if (escape.empty()) {
      result += character;
    } else {
      result += escape;
    }
  }
  return result;
}

std::string roff_text(std::string_view text) {
  std::string result;
  bool is_typed = false;
  for (const std::string& part : split(text, '`')) {
    const std::string literal = roff_literal(part);
    result += is_typed ? "\\fB" + literal + "\\fR" : literal;
    is_typed = !is_typed;
  }
  return result;
}

std::string roff_head(std::string_view name, std::string_view section, std::string_view summary) {
  std::string title(name);
  for (char& character : title)
    character = character >= 'a' && character <= 'z' ? char(character - 'a' + 'A') : character;
  return fmt::format(".TH {} {} {} \"rhumb {}\" Rhumb\n.SH NAME\n{} \\- {}\n", roff_literal(title), section, date(),
                     RHUMB_VERSION, roff_literal(name), roff_text(summary));
}

std::string roff_entry(std::string_view term, std::string_view meaning) {
  return fmt::format(".TP\n{}\n{}\n", term, roff_text(meaning));
}

std::string roff_paragraphs(std::string_view text) {
  std::string result;
  for (const std::string& line : split(text, '\n'))
    result += line.empty() ? ".PP\n" : roff_text(line) + "\n";
  return result;
}

}  // namespace rhumb::cli
