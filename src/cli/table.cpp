#include "cli/table.hpp"

#include <algorithm>
#include <cassert>

namespace rhumb::cli {
namespace {

constexpr std::size_t kGap = 2;  // blanks between columns

std::string_view escape_of(Emphasis emphasis) {
  switch (emphasis) {
    case Emphasis::none:
      break;
    case Emphasis::faint:
      return "\x1b[2m";
    case Emphasis::warning:
      return "\x1b[33m";
    case Emphasis::alarm:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

std::size_t display_width(std::string_view text) {
  constexpr unsigned char kContinuationMask = 0xC0;
  constexpr unsigned char kContinuation = 0x80;
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & kContinuationMask) != kContinuation; }));
}

std::string printable(std::string_view text) {
  constexpr char kC1Lead = '\xC2';  // of U+0080 to U+009F in UTF-8
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    const bool is_c1 = text[i] == kC1Lead && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    result += is_c1 || octet < ' ' || octet == 0x7F ? '?' : text[i];
  }
  return result;
}

std::string emphasized(const std::string& text, Emphasis emphasis, bool has_colour) {
  if (!has_colour || emphasis == Emphasis::none) return text;
  return std::string(escape_of(emphasis)) + text + "\x1b[0m";
}

Table::Table(std::vector<std::string> headings) {
  std::vector<Cell> row;
  row.reserve(headings.size());
  for (std::string& heading : headings)
    row.push_back({std::move(heading), Emphasis::faint});
  rows_.push_back(std::move(row));
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == rows_.front().size());
  for (Cell& cell : row)
    cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::string Table::to_text(bool has_colour) const {
  if (is_empty()) return {};
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i].text));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::size_t blanks = 0;  // written only when something follows
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].text.empty()) {
        text += std::string(blanks, ' ') + emphasized(row[i].text, row[i].emphasis, has_colour);
        blanks = 0;
      }
      blanks += widths[i] - display_width(row[i].text) + kGap;
    }
    text += '\n';
  }
  return text;
}

}  // namespace rhumb::cli
