// rhumb: the command line.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/operator_commands.hpp"
#include "daemon/server.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app("Authoritative DNS server that answers with the nearest healthy region");
  app.set_version_flag("--version", "rhumb " RHUMB_VERSION);
  app.require_subcommand(1);
  std::filesystem::path config_file = "rhumb.json";
  const auto add_config = [&](CLI::App* command) {
    command->add_option("--config", config_file, "The configuration file")->capture_default_str();
  };

  rhumb::daemon::ServeOptions serve_options;
  CLI::App* serve = app.add_subcommand("serve", "Answer queries; SIGHUP reloads, SIGUSR2 upgrades, SIGTERM stops");
  add_config(serve);
  serve->add_flag("--replace", serve_options.replaces, "Take over from the running server, without losing a query");
  serve->add_option("--replace-over", serve_options.channel, "The same, over a descriptor")->group("");

  CLI::App* check = app.add_subcommand("check", "Load everything as serve would and report every problem");
  add_config(check);

  rhumb::cli::ExplainOptions explain_options{};
  explain_options.type = "A";
  CLI::App* explain = app.add_subcommand("explain", "Tell what answer a client gets, and why");
  add_config(explain);
  explain->add_option("NAME", explain_options.name, "The name asked for")->required();
  explain
      ->add_option("CLIENT", explain_options.client,
                   "The client's address or network, as EDNS Client Subnet would give it")
      ->required();
  explain->add_option("--resolver", explain_options.resolver,
                      "The address of the resolver that asks for the client (default: the client itself)");
  explain->add_option("--type", explain_options.type, "The record type asked for")->capture_default_str();
  explain->add_option("--down", explain_options.down, "Assume that this region is down (may be repeated)")->take_all();
  explain->add_flag("--json", explain_options.as_json, "Print JSON");

  rhumb::cli::TestOptions test_options{};
  CLI::App* test = app.add_subcommand("test", "Check that clients get the answers that a file of tests expects");
  add_config(test);
  test->add_option("FILE", test_options.tests_file, "The file of tests")->required();
  test->add_flag("--json", test_options.as_json, "Print JSON");

  rhumb::cli::SimulateOptions simulation{};
  CLI::App* simulate = app.add_subcommand("simulate", "Tell each region's share of all clients, before and after");
  add_config(simulate);
  simulate->add_option("--config-b", simulation.config_after, "The configuration after, if it is another");
  simulate->add_option("--down", simulation.down, "Assume that this region is down after (may be repeated)")
      ->take_all();
  simulate->add_option("--weights", simulation.weights_file, "What client networks count: a CSV file, network,weight");
  simulate->add_option("--queries", simulation.queries_file, "The same by the queries of a log in JSON (query_log)")
      ->excludes("--weights");
  simulate->add_option("--service", simulation.service, "Only this service");
  simulate->add_flag("--json", simulation.as_json, "Print JSON");

  rhumb::cli::ImportOptions imported{};
  CLI::App* import = app.add_subcommand("import", "Make a configuration of that of another server");
  import->require_subcommand(1);
  const auto add_import = [&](const char* format, const char* what, const char* sources) {
    CLI::App* command = import->add_subcommand(format, what);
    command->add_option(sources, imported.sources, "What is imported")->required();
    command->add_option("--out", imported.out, "Where it is written: a new or an empty directory")->required();
    command->callback([&imported, format] { imported.format = format; });
    return command;
  };
  add_import("gdnsd", "A configuration directory of gdnsd", "DIR")->get_option("DIR")->expected(1);
  add_import("geodns", "Zones of GeoDNS", "FILE");
  add_import("route53", "What `aws route53 list-resource-record-sets` prints", "FILE")
      ->add_option("--health-checks", imported.health_checks, "What `aws route53 list-health-checks` prints");

  std::function<int()> operator_command;
  rhumb::cli::add_operator_commands(app, operator_command);

  CLI11_PARSE(app, argc, argv);
  if (operator_command) return operator_command();
  if (serve->parsed()) {
    serve_options.config_file = config_file;
    return rhumb::daemon::serve(serve_options);
  }
  if (check->parsed()) return rhumb::cli::check(config_file);
  if (explain->parsed()) {
    explain_options.config_file = config_file;
    return rhumb::cli::explain(explain_options);
  }
  if (import->parsed()) return rhumb::cli::import_configuration(imported);
  if (simulate->parsed()) {
    simulation.config_file = config_file;
    return rhumb::cli::simulate(simulation);
  }
  test_options.config_file = config_file;
  return rhumb::cli::test(test_options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "rhumb: {}\n", error.what());
    return 1;
  }
}
