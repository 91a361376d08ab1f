// A table of text for a terminal: columns as wide as what is in them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rhumb::cli {

// How a cell stands out, where there is colour.
enum class Emphasis : unsigned char { none, faint, warning, alarm };

struct Cell {
  std::string text;
  Emphasis emphasis = Emphasis::none;
};

// In columns: code points, all but the octets that continue one. Right for everything but characters of double width.
[[nodiscard]] std::size_t display_width(std::string_view text);

// `text` so that it changes nothing but its own place on a terminal: control characters are shown as "?". What servers
// that are probed say, ends up here.
[[nodiscard]] std::string printable(std::string_view text);

// `text` as it stands out; as it is without colour.
[[nodiscard]] std::string emphasized(const std::string& text, Emphasis emphasis, bool has_colour);

class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  // As many cells as there are headings.
  void add(std::vector<Cell> row);
  [[nodiscard]] bool is_empty() const noexcept { return rows_.size() == 1; }
  // With its headings; empty without a row.
  [[nodiscard]] std::string to_text(bool has_colour) const;

 private:
  std::vector<std::vector<Cell>> rows_;  // the headings first
};

}  // namespace rhumb::cli
