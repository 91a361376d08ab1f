#include "cli/option_words.hpp"

#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rhumb::cli {
namespace {

constexpr const char* kConfigHere = "rhumb.json";
constexpr const char* kConfigInstalled = "/etc/rhumb/rhumb.json";  // where packages put it

}  // namespace

std::filesystem::path usual_config() {
  std::error_code ignored;
  const bool is_installed =
      !std::filesystem::exists(kConfigHere, ignored) && std::filesystem::exists(kConfigInstalled, ignored);
  return is_installed ? kConfigInstalled : kConfigHere;
}

CLI::Option* add_config(CLI::App* command, std::filesystem::path& config_file, const std::string& description) {
  config_file = usual_config();
  return command->add_option("--config", config_file, description)
      ->type_name("FILE")
      ->default_str(fmt::format("{}, else {}", kConfigHere, kConfigInstalled));
}

void add_client_files(CLI::App* command, config::ClientFiles& files) {
  command->add_option("--weights", files.weights, "What client networks count: a CSV file, network,weight")
      ->type_name("FILE");
  command->add_option("--queries", files.queries, "The same by the queries of a log in JSON (query_log)")
      ->excludes("--weights")
      ->type_name("FILE");
}

CLI::Option* one_of(CLI::Option* option, std::initializer_list<std::string> choices) {
  return option->type_name(fmt::format("{}", fmt::join(choices, "|")))
      ->check(CLI::IsMember(std::set<std::string>(choices)));
}

}  // namespace rhumb::cli
