#include "config/exec_check_reader.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include <fmt/format.h>

namespace rhumb::config {
namespace {

constexpr std::size_t kCommandWordsMax = 64;
constexpr std::size_t kCommandSizeMax = 8'192;  // octets

void check_program(const JsonPlace& place, const std::string& program) {
  std::error_code error;
  if (!program.starts_with('/')) {
    place.error(fmt::format("\"{}\" is not an absolute path: no shell looks for it", program));
  } else if (!std::filesystem::is_regular_file(program, error)) {
    place.error(fmt::format("{}: {}", program, error ? error.message() : "is not a program"));
  } else if (access(program.c_str(), X_OK) != 0) {
    place.error(fmt::format("{}: cannot be executed: {}", program, std::generic_category().message(errno)));
  }
}

}  // namespace

void read_exec_check(const JsonPlace& place, health::Check& check) {
  const auto command = place.required("command");
  if (!command) return;
  std::size_t size = 0;
  const auto words = command->elements();
  for (const JsonPlace& word_place : words) {
    const auto word = word_place.text();
    if (!word) continue;
    if (word->empty() || word->find('\0') != std::string::npos) {
      word_place.error("must not be empty, nor have a zero octet");
    } else if (check.command.empty()) {
      check_program(word_place, *word);
    }
    size += word->size();
    check.command.push_back(*word);
  }
  if (command->is_array() && words.empty()) command->error("must name a program");
  if (words.size() > kCommandWordsMax) command->error(fmt::format("more than {} words", kCommandWordsMax));
  if (size > kCommandSizeMax) command->error(fmt::format("more than {} octets", kCommandSizeMax));
}

}  // namespace rhumb::config
