// The subcommands of rhumb, one file each. Each returns the exit status: 0 well, 1 not.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rhumb::cli {

// `rhumb check`: loads everything as `serve` would and prints every problem with its place.
int check(const std::filesystem::path& config_file);

struct ExplainOptions {
  std::filesystem::path config_file;
  std::string name;
  std::string client;             // an address, or a network such as 192.0.2.0/24
  std::string resolver;           // the address that the query comes from; empty: the client's
  std::string type;               // "A", "AAAA", …
  std::vector<std::string> down;  // regions to assume down
  bool as_json;
};

// `rhumb explain`: makes the answer that a client would get, and tells what led to it.
int explain(const ExplainOptions& options);

struct TestOptions {
  std::filesystem::path config_file;
  std::filesystem::path tests_file;
  bool as_json;
};

// `rhumb test`: makes the answers that a file of tests is about, and tells which are not as expected, and why. 2 when
// the tests or the configuration cannot be read.
int test(const TestOptions& options);

struct SimulateOptions {
  std::filesystem::path config_file;
  std::filesystem::path config_after;  // empty: the same
  std::vector<std::string> down;       // regions to assume down after
  std::filesystem::path weights_file;  // empty: by address space
  std::string service;                 // empty: all
  bool as_json;
};

// `rhumb simulate`: what share of all clients each region gets, before and after a change.
int simulate(const SimulateOptions& options);

}  // namespace rhumb::cli
