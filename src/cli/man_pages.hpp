// The manual pages: rhumb(1), one of each command, and rhumb.json(5), of the schema of the configuration.
#pragma once

#include <filesystem>
#include <string>

#include "cli/command_page.hpp"

namespace rhumb::cli {

// Of a command, with those below it; of the program itself, with a list of them.
[[nodiscard]] std::string command_man_page(const CommandPage& command);

// `schema` is the text of docs/rhumb.schema.json. Throws nlohmann::json::exception when it is not as ours is.
[[nodiscard]] std::string config_man_page(const std::string& schema);

struct ManOptions {
  std::filesystem::path schema_file;
  std::filesystem::path directory;
};

// `rhumb man`: writes them into the directory, which the build installs. Throws std::runtime_error when it cannot.
int man(const CommandPage& program, const ManOptions& options);

}  // namespace rhumb::cli
