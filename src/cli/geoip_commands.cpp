#include "cli/geoip_commands.hpp"

#include <memory>
#include <utility>

#include "cli/commands.hpp"

namespace rhumb::cli {
namespace {

void add_config(CLI::App* command, std::filesystem::path& config_file) {
  config_file = "rhumb.json";
  command->add_option("--config", config_file, "The configuration file")->capture_default_str();
}

void add_place(CLI::App* command, std::filesystem::path& as) {
  command->add_option("--as", as, "The configured database that is meant (default: the one of the same type)");
}

void add_diff(CLI::App* geoip, std::function<int()>& chosen) {
  const auto options = std::make_shared<GeoipDiffOptions>();
  CLI::App* command = geoip->add_subcommand("diff", "Tell whom another database sends to another region");
  command->add_option("OLD", options->before, "The database before")->required();
  command->add_option("NEW", options->after, "The database after")->required();
  add_config(command, options->config_file);
  add_place(command, options->as);
  command->add_option("--weights", options->weights_file, "What client networks count: a CSV file, network,weight");
  command->add_flag("--json", options->as_json, "Print JSON");
  command->callback([options, &chosen] { chosen = [options] { return geoip_diff(*options); }; });
}

void add_activate(CLI::App* geoip, std::function<int()>& chosen) {
  const auto options = std::make_shared<GeoipActivateOptions>();
  CLI::App* command = geoip->add_subcommand("activate", "Put a new database into its place, and have it served");
  command->add_option("NEW", options->file, "The new database; it stays where it is")->required();
  add_config(command, options->config_file);
  add_place(command, options->as);
  command->add_option("--keep", options->kept, "How many versions are kept")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  command->add_flag("--force", options->force, "Also if it moves too many clients, is older, or of another type");
  command->callback([options, &chosen] { chosen = [options] { return geoip_activate(*options); }; });
}

void add_versions(CLI::App* geoip, std::function<int()>& chosen) {
  const auto config_file = std::make_shared<std::filesystem::path>();
  CLI::App* command = geoip->add_subcommand("versions", "Tell which versions of the databases there are");
  add_config(command, *config_file);
  command->callback([config_file, &chosen] { chosen = [config_file] { return geoip_versions(*config_file); }; });
}

void add_rollback(CLI::App* geoip, std::function<int()>& chosen) {
  const auto options = std::make_shared<GeoipRollbackOptions>();
  CLI::App* command = geoip->add_subcommand("rollback", "Put a version that was kept back, and have it served");
  command->add_option("VERSION", options->version,
                      "As `rhumb geoip versions` has it, or how it begins (default: the "
                      "one before)");
  add_config(command, options->config_file);
  add_place(command, options->as);
  command->callback([options, &chosen] { chosen = [options] { return geoip_rollback(*options); }; });
}

}  // namespace

void add_geoip_commands(CLI::App& app, std::function<int()>& chosen) {
  CLI::App* geoip = app.add_subcommand("geoip", "Compare, activate and take back geo databases");
  geoip->require_subcommand(1);
  add_diff(geoip, chosen);
  add_activate(geoip, chosen);
  add_versions(geoip, chosen);
  add_rollback(geoip, chosen);
}

}  // namespace rhumb::cli
