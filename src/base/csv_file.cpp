#include "base/csv_file.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace rhumb {
namespace {

// What is read at once: few system calls, and little beside what is made of it.
constexpr std::size_t kBlockSize = std::size_t{1} << 20;
static_assert(kBlockSize > CsvFile::kLineMax);

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some programs begin UTF-8 with it

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace

CsvFile::CsvFile(const std::filesystem::path& path, std::string_view header, std::size_t lines_max, Problems& problems)
    : path_(path.string()),
      header_(header),
      lines_max_(lines_max),
      problems_(problems),
      in_(path, std::ios::binary),
      block_(kBlockSize) {
  if (!in_) {
    error_of_whole("cannot be read");
    return;
  }
  refill();
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

bool CsvFile::next() {
  while (const auto line = next_line()) {
    const std::string_view content = trim(line->substr(0, line->find('#')));
    if (content.empty()) continue;
    split(content);
    if (std::exchange(is_first_, false) && !header_.empty() && fields_.front() == header_) continue;
    if (line_count_++ < lines_max_) return true;
    error(fmt::format("more than {} lines", lines_max_));
    stop();
  }
  return false;
}

std::optional<std::string_view> CsvFile::next_line() {
  std::size_t size = rest_.find('\n');
  if (size == std::string_view::npos) {
    refill();
    size = rest_.find('\n');
  }
  if (rest_.empty()) return std::nullopt;
  ++line_number_;
  const std::string_view line = rest_.substr(0, size);
  rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
  if (line.size() <= kLineMax) return line;
  error(fmt::format("longer than {} octets", kLineMax));
  stop();
  return std::nullopt;
}

// Moves what is left to the beginning of the block and reads on behind it.
void CsvFile::refill() {
  std::copy(rest_.begin(), rest_.end(), block_.begin());
  in_.read(block_.data() + rest_.size(), static_cast<std::streamsize>(block_.size() - rest_.size()));
  rest_ = {block_.data(), rest_.size() + static_cast<std::size_t>(in_.gcount())};
  if (!in_.bad()) return;
  error_of_whole("cannot be read to its end");
  stop();
}

void CsvFile::split(std::string_view content) {
  fields_.clear();
  while (true) {
    const std::size_t comma = content.find(',');
    fields_.push_back(trim(content.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    content.remove_prefix(comma + 1);
  }
}

void CsvFile::error_at(std::size_t line_number, std::string message) {
  problems_.error(fmt::format("{}:{}", path_, line_number), std::move(message));
  if (++error_count_ == Problems::kKeptMax) stop();
}

void CsvFile::warning(std::string message) {
  problems_.warning(fmt::format("{}:{}", path_, line_number_), std::move(message));
}

void CsvFile::error_of_whole(std::string message) {
  problems_.error(path_, std::move(message));
  ++error_count_;
}

// After an error that leaves nothing to be read.
void CsvFile::stop() {
  rest_ = {};
  in_.close();
}

}  // namespace rhumb
