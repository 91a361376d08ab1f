// rhumb: the command line.
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  try {
    rhumb::cli::CommandLine command_line;
    return command_line.run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "rhumb: {}\n", error.what());
    return 1;
  }
}
