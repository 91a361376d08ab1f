// A file of comma-separated lines, read from its first to its last.
//
// What begins with # is a comment to the end of its line; empty lines, and spaces round fields, mean nothing. Fields
// have no quotes, so none has a comma, a # or a line break in it. The file is read in blocks and fields point into
// them: nothing is allocated for a line (a million of them, with a network parsed in each, take 0.1 s).
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/problems.hpp"

namespace rhumb {

class CsvFile {
 public:
  // In octets, with its line break. All the regions that there can be, with names of 250 octets, fit.
  static constexpr std::size_t kLineMax = std::size_t{1} << 16;

  // A first line whose first field is `header` is passed over; with an empty `header` none is. More than `lines_max`
  // lines with fields are an error. All that is wrong goes to `problems`, which must live as long; that the file cannot
  // be read, too.
  CsvFile(const std::filesystem::path& path, std::string_view header, std::size_t lines_max, Problems& problems);

  // Goes on to the next line with fields. False when there is none, or what is left cannot be read.
  [[nodiscard]] bool next();
  // Of the line: one or more, any of them may be empty. Valid until next().
  [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return fields_; }
  // Of the line, from 1.
  [[nodiscard]] std::size_t line_number() const noexcept { return line_number_; }

  // What is wrong with the line: "clients.csv:12: …". After Problems::kKeptMax of them, which is all that anybody is
  // shown, nothing more is read.
  void error(std::string message) { error_at(line_number_, std::move(message)); }
  // The same of another line.
  void error_at(std::size_t line_number, std::string message);
  // What is doubtful about the line.
  void warning(std::string message);
  // What is wrong with the file as a whole: "clients.csv: …".
  void error_of_whole(std::string message);
  // Whether there was any of either.
  [[nodiscard]] bool has_errors() const noexcept { return error_count_ > 0; }

 private:
  [[nodiscard]] std::optional<std::string_view> next_line();
  void refill();
  void split(std::string_view content);
  void stop();

  std::string path_;
  std::string header_;
  std::size_t lines_max_;
  Problems& problems_;
  std::ifstream in_;
  std::vector<char> block_;
  std::string_view rest_;  // of block_: what is still to be read
  std::vector<std::string_view> fields_;
  std::size_t line_number_ = 0;
  std::size_t line_count_ = 0;  // of those with fields, without a header
  bool is_first_ = true;        // no line with fields was seen
  std::size_t error_count_ = 0;
};

}  // namespace rhumb
