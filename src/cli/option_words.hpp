// How commands declare what all of them have.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "config/config.hpp"

namespace rhumb::cli {

// The options of a command, kept until it runs.
template <typename Options>
std::shared_ptr<Options> keep(Options options) {
  return std::make_shared<Options>(std::move(options));
}

// The configuration of commands that name none: rhumb.json, or that of a package if there is none here.
[[nodiscard]] std::filesystem::path usual_config();

// Adds --config, the file that all commands find their configuration in.
CLI::Option* add_config(CLI::App* command, std::filesystem::path& config_file,
                        const std::string& description = "The configuration file");

// Adds --weights and --queries, of which one may be given.
void add_client_files(CLI::App* command, config::ClientFiles& files);

// The value of `option` is one of `choices`, which stand for it: "up|down".
CLI::Option* one_of(CLI::Option* option, std::initializer_list<std::string> choices);

}  // namespace rhumb::cli
