#include "cli/completion.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "cli/completion_scripts.hpp"
#include "cli/configured_names.hpp"

namespace rhumb::cli {
namespace {

// Those that people ask for; others may be typed.
constexpr std::array kRecordTypes = {"A",  "AAAA", "CAA", "CNAME", "HTTPS", "MX",
                                     "NS", "PTR",  "SOA", "SRV",   "SVCB",  "TXT"};

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

// How far the words go: which command they name, and what comes next.
class TypedLine {
 public:
  explicit TypedLine(const CommandPage& program) noexcept : command_(&program) {}

  void take(const std::string& word) {
    if (const OptionPage* option = std::exchange(open_, nullptr)) {
      if (!option->is_value_optional || !is_option(word)) {
        values_[option->names.back()] = word;
        return;
      }
    }
    if (!has_ended_options_ && word == "--") {
      has_ended_options_ = true;
    } else if (!has_ended_options_ && is_option(word)) {
      take_option(word);
    } else if (const CommandPage* below = has_ended_options_ ? nullptr : command_->find_command(word)) {
      command_ = below;
    } else {
      ++arguments_;
    }
  }

  [[nodiscard]] Completion complete(const std::string& word, const NamesOf& names_of) const {
    Completion found;
    const std::size_t equals = word.find('=');
    if (open_ != nullptr && !(open_->is_value_optional && is_option(word))) {
      add_values(found, open_->value, "", word, names_of);
    } else if (!has_ended_options_ && is_option(word) && equals != std::string::npos) {
      const OptionPage* option = command_->find_option(word.substr(0, equals));
      if (option != nullptr) add_values(found, option->value, word.substr(0, equals + 1), word, names_of);
    } else if (!has_ended_options_ && word.starts_with('-')) {
      add_options(found, word);
    } else {
      add_commands(found, word);
      add_argument(found, word, names_of);
      if (word.empty() && found.candidates.empty() && found.files == Files::none) add_options(found, word);
    }
    return found;
  }

 private:
  void take_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const OptionPage* option = command_->find_option(word.substr(0, equals));
    if (option == nullptr) return;
    if (equals != std::string::npos) {
      values_[option->names.back()] = word.substr(equals + 1);
      return;
    }
    values_[option->names.back()] = "";
    if (option->takes_value()) open_ = option;
  }

  [[nodiscard]] std::string value_of(const std::string& option) const {
    const auto found = values_.find(option);
    return found == values_.end() ? "" : found->second;
  }

  static void add(Completion& found, std::string text, const std::string& description, std::string_view typed) {
    if (text.starts_with(typed)) found.candidates.push_back({std::move(text), description});
  }

  void add_options(Completion& found, std::string_view typed) const {
    for (const OptionPage& option : command_->options) {
      const std::string& name = option.names.back();
      if (option.repeats || !values_.contains(name)) add(found, name, option.description, typed);
    }
  }

  void add_commands(Completion& found, std::string_view typed) const {
    for (const CommandPage& below : command_->commands)
      add(found, below.name, below.summary, typed);
  }

  void add_argument(Completion& found, std::string_view typed, const NamesOf& names_of) const {
    const auto& arguments = command_->arguments;
    if (arguments.empty()) return;
    const OptionPage& next = arguments[std::min(arguments_, arguments.size() - 1)];
    if (arguments_ < arguments.size() || next.repeats) add_values(found, next.value, "", typed, names_of);
  }

  // `prefix` is what stands before the value in the same word: "--config=".
  void add_values(Completion& found, const std::string& value, const std::string& prefix, std::string_view typed,
                  const NamesOf& names_of) const {
    if (value == "FILE") {
      found.files = Files::all;
    } else if (value == "DIR") {
      found.files = Files::directories;
    } else if (value == "TYPE") {
      for (const char* type : kRecordTypes)
        add(found, prefix + type, "", typed);
    } else if (value.find('|') != std::string::npos) {
      for (const std::string& choice : split(value, '|'))
        add(found, prefix + choice, "", typed);
    } else {
      for (const std::string& name : names_of(value, {value_of("--config"), value_of("--service")})) {
        add(found, prefix + name, "", typed);
      }
    }
  }

  const CommandPage* command_;
  const OptionPage* open_ = nullptr;  // its value comes next
  bool has_ended_options_ = false;    // by "--"
  std::size_t arguments_ = 0;         // so many there are already
  std::map<std::string, std::string> values_;
};

}  // namespace

Completion find_completion(const CommandPage& program, const std::vector<std::string>& words, const NamesOf& names_of) {
  if (words.empty()) return {};
  TypedLine line(program);
  for (auto word = words.begin(); word != words.end() - 1; ++word)
    line.take(*word);
  return line.complete(words.back(), names_of);
}

int complete(const CommandPage& program, const std::vector<std::string>& words) {
  try {
    const Completion found = find_completion(program, words, configured_names);
    for (const Candidate& candidate : found.candidates)
      fmt::print("{}\t{}\n", candidate.text, candidate.description);
    if (found.files == Files::all) fmt::print(":files\n");
    if (found.files == Files::directories) fmt::print(":directories\n");
  } catch (const std::exception&) {  // nothing fits, then
  }
  return 0;
}

int completion(const std::string& shell) {
  fmt::print("{}", completion_script(shell));
  return 0;
}

}  // namespace rhumb::cli
