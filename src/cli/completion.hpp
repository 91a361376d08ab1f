// What fits on a command line that is being typed. The scripts for the shells only ask `rhumb complete -- WORD…`, so
// that all of them know the same, and always what the installed program knows.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_page.hpp"

namespace rhumb::cli {

struct Candidate {
  std::string text;
  std::string description;  // may be empty

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// Files are what the shell completes best itself.
enum class Files : unsigned char { none, all, directories };

struct Completion {
  std::vector<Candidate> candidates;
  Files files = Files::none;
};

// What has been typed that tells where names are to be looked up; empty: nothing.
struct Context {
  std::string config_file;
  std::string service;
};

// The names that there are of a "REGION", "SERVICE", "INSTANCE", "CHECK" or "ZONE".
using NamesOf = std::function<std::vector<std::string>(std::string_view value, const Context& context)>;

// What the last of `words` may become; those before it follow the name of the program. What is typed wrong fits
// nothing.
[[nodiscard]] Completion find_completion(const CommandPage& program, const std::vector<std::string>& words,
                                         const NamesOf& names_of);

// `rhumb complete`: prints a candidate a line, a tab and its description, or ":files" or ":directories". Whatever goes
// wrong, it prints nothing and returns 0: somebody is typing.
int complete(const CommandPage& program, const std::vector<std::string>& words);

// `rhumb completion`: prints the script for "bash", "zsh" or "fish".
int completion(const std::string& shell);

}  // namespace rhumb::cli
