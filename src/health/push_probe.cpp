#include "health/push_probe.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace rhumb::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

struct Report {
  std::string line;
  system_clock::time_point at;
};

// Either a report or why there is none.
struct Read {
  std::optional<Report> report;
  std::string problem;
};

Read unreadable(int number) {
  return {std::nullopt, std::generic_category().message(number)};
}

system_clock::time_point time_of(const timespec& time) {
  return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

// The report that an open file has.
Read read_open(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return unreadable(errno);
  if (!S_ISREG(status.st_mode)) return {std::nullopt, "not a file"};
  std::array<char, kReportMax> text;
  const ssize_t size = read(descriptor, text.data(), text.size());
  if (size < 0) return unreadable(errno);
  const std::string_view read(text.data(), static_cast<std::size_t>(size));
  std::string line(read.substr(0, read.find('\n')));
  if (line.ends_with('\r')) line.pop_back();
  std::ranges::replace_if(
      line, [](char c) { return c < ' ' || c > '~'; }, '?');
  return {Report{std::move(line), time_of(status.st_mtim)}, {}};
}

Read read_file(const std::string& file) {
  const int descriptor =
      ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe without a writer: no waiting
  if (descriptor < 0) return unreadable(errno);
  Read read = read_open(descriptor);
  close(descriptor);
  return read;
}

Outcome expired(const Check& check, std::string evidence) {
  if (check.is_down_on_expiry) return failure(std::move(evidence));
  return {Outcome::Kind::no_opinion, std::move(evidence)};
}

Outcome judge(const std::string& line, const std::string& age) {
  constexpr std::string_view kDown = "down ";
  if (line == "up") return success(fmt::format("reported up {} ago", age));
  if (line == "down") return failure(fmt::format("reported down {} ago", age));
  if (line.starts_with(kDown)) return failure(fmt::format("reported down {} ago: {}", age, line.substr(kDown.size())));
  return failure(fmt::format("the report \"{}\" is neither \"up\" nor \"down\"", line));
}

void replace_all(std::string& text, std::string_view placeholder, std::string value) {
  std::ranges::replace(value, '/', '_');
  for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + value.size()))
    text.replace(at, placeholder.size(), value);
}

}  // namespace

std::string report_file_of(std::string_view pattern, const std::string& address, const std::string& region,
                           const std::string& service) {
  std::string file(pattern);
  replace_all(file, "{address}", address);
  replace_all(file, "{region}", region);
  replace_all(file, "{service}", service);
  return file;
}

Outcome read_report(const Check& check, system_clock::time_point now) {
  const Read read = read_file(check.report_file);
  if (!read.report) return expired(check, fmt::format("no report: {}: {}", check.report_file, read.problem));
  const auto age = std::chrono::duration_cast<milliseconds>(now - read.report->at);
  const milliseconds ttl(check.ttl_ms);
  const std::string shown = duration_text(age);
  if (age > ttl) return expired(check, fmt::format("the last report is {} old", shown));
  if (age < -ttl) return expired(check, "the last report is dated in the future");
  return judge(read.report->line, shown);
}

}  // namespace rhumb::health
