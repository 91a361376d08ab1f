#include "cli/geoip_commands.hpp"

#include "cli/commands.hpp"
#include "cli/option_words.hpp"

namespace rhumb::cli {
namespace {

void add_place(CLI::App* command, std::filesystem::path& as) {
  command->add_option("--as", as, "The configured database that is meant (default: the one of the same type)")
      ->type_name("FILE");
}

void add_diff(CLI::App* geoip, std::function<int()>& chosen) {
  const auto options = keep(GeoipDiffOptions{});
  CLI::App* command = geoip->add_subcommand("diff", "Tell whom another database sends to another region");
  command->add_option("OLD", options->before, "The database before")->required()->type_name("FILE");
  command->add_option("NEW", options->after, "The database after")->required()->type_name("FILE");
  add_config(command, options->config_file);
  add_place(command, options->as);
  add_client_files(command, options->clients);
  command->add_flag("--json", options->as_json, "Print JSON");
  command->callback([options, &chosen] { chosen = [options] { return geoip_diff(*options); }; });
}

void add_activate(CLI::App* geoip, std::function<int()>& chosen) {
  const auto options = keep(GeoipActivateOptions{});
  CLI::App* command = geoip->add_subcommand("activate", "Put a new database into its place, and have it served");
  command->add_option("NEW", options->file, "The new database; it stays where it is")->required()->type_name("FILE");
  add_config(command, options->config_file);
  add_place(command, options->as);
  command->add_option("--keep", options->kept, "How many versions are kept")
      ->capture_default_str()
      ->check(CLI::Range(1, 100))
      ->type_name("N");
  command->add_flag("--force", options->force, "Also if it moves too many clients, is older, or of another type");
  command->callback([options, &chosen] { chosen = [options] { return geoip_activate(*options); }; });
}

void add_versions(CLI::App* geoip, std::function<int()>& chosen) {
  const auto config_file = keep(std::filesystem::path());
  CLI::App* command = geoip->add_subcommand("versions", "Tell which versions of the databases there are");
  add_config(command, *config_file);
  command->callback([config_file, &chosen] { chosen = [config_file] { return geoip_versions(*config_file); }; });
}

void add_rollback(CLI::App* geoip, std::function<int()>& chosen) {
  const auto options = keep(GeoipRollbackOptions{});
  CLI::App* command = geoip->add_subcommand("rollback", "Put a version that was kept back, and have it served");
  command
      ->add_option("VERSION", options->version,
                   "As `rhumb geoip versions` has it, or how it begins (default: the one before)")
      ->type_name("VERSION");
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
