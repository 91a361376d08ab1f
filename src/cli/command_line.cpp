#include "cli/command_line.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/geoip_commands.hpp"
#include "cli/help_text.hpp"
#include "cli/man_pages.hpp"
#include "cli/operator_commands.hpp"
#include "cli/option_words.hpp"
#include "daemon/server.hpp"

namespace rhumb::cli {
namespace {

void add_serve(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(daemon::ServeOptions{});
  CLI::App* command = app.add_subcommand("serve", "Answer queries; SIGHUP reloads, SIGUSR2 upgrades, SIGTERM stops");
  add_config(command, options->config_file);
  command->add_flag("--replace", options->replaces, "Take over from the running server, without losing a query");
  command->add_option("--replace-over", options->channel, "The same, over a descriptor")->group("");
  command->callback([options, &chosen] { chosen = [options] { return daemon::serve(*options); }; });
}

void add_check(CLI::App& app, std::function<int()>& chosen) {
  const auto config_file = keep(std::filesystem::path());
  CLI::App* command = app.add_subcommand("check", "Load everything as serve would and report every problem");
  add_config(command, *config_file);
  command->callback([config_file, &chosen] { chosen = [config_file] { return check(*config_file); }; });
}

void add_explain(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ExplainOptions{});
  options->type = "A";
  CLI::App* command = app.add_subcommand("explain", "Tell what answer a client gets, and why");
  add_config(command, options->server.config_file);
  add_running_server(*command, options->server);
  command->add_option("NAME", options->name, "The name asked for")->required()->type_name("SERVICE");
  command->add_option("CLIENT", options->client, "The client's address or network, as EDNS Client Subnet would give it")
      ->required()
      ->type_name("CLIENT");
  command
      ->add_option("--resolver", options->resolver,
                   "The address of the resolver that asks for the client (default: the client itself)")
      ->type_name("ADDRESS");
  command->add_option("--type", options->type, "The record type asked for")->capture_default_str()->type_name("TYPE");
  command->add_option("--down", options->down, "Assume that this region is down (may be repeated)")
      ->take_all()
      ->type_name("REGION");
  command->add_flag("--json", options->as_json, "Print JSON");
  command->callback([options, &chosen] { chosen = [options] { return explain(*options); }; });
}

void add_test(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(TestOptions{});
  CLI::App* command = app.add_subcommand("test", "Check that clients get the answers that a file of tests expects");
  add_config(command, options->server.config_file);
  command->add_option("FILE", options->tests_file, "The file of tests; without it a server runs its own")
      ->type_name("FILE");
  add_running_server(*command, options->server);
  command->add_flag("--current", options->has_current_states, "Of a server: with the states that it knows");
  command->add_flag("--json", options->as_json, "Print JSON");
  command->callback([options, &chosen] { chosen = [options] { return test(*options); }; });
}

void add_simulate(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(SimulateOptions{});
  CLI::App* command = app.add_subcommand("simulate", "Tell each region's share of all clients, before and after");
  add_config(command, options->config_file);
  command->add_option("--config-b", options->config_after, "The configuration after, if it is another")
      ->type_name("FILE");
  command->add_option("--down", options->down, "Assume that this region is down after (may be repeated)")
      ->take_all()
      ->type_name("REGION");
  add_client_files(command, options->clients);
  command->add_option("--service", options->service, "Only this service")->type_name("SERVICE");
  command->add_flag("--json", options->as_json, "Print JSON");
  command->callback([options, &chosen] { chosen = [options] { return simulate(*options); }; });
}

void add_import(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ImportOptions{});
  CLI::App* command = app.add_subcommand("import", "Make a configuration of that of another server");
  command->require_subcommand(1);
  const auto add_format = [&](const char* format, const char* what, const char* sources) {
    CLI::App* source = command->add_subcommand(format, what);
    source->add_option(sources, options->sources, "What is imported")->required()->type_name(sources);
    source->add_option("--out", options->out, "Where it is written: a new or an empty directory")
        ->required()
        ->type_name("DIR");
    source->callback([options, format, &chosen] {
      options->format = format;
      chosen = [options] { return import_configuration(*options); };
    });
    return source;
  };
  add_format("gdnsd", "A configuration directory of gdnsd", "DIR")->get_option("DIR")->expected(1);
  add_format("geodns", "Zones of GeoDNS", "FILE");
  add_format("route53", "What `aws route53 list-resource-record-sets` prints", "FILE")
      ->add_option("--health-checks", options->health_checks, "What `aws route53 list-health-checks` prints")
      ->type_name("FILE");
}

void add_completion(CLI::App& app, std::function<int()>& chosen) {
  const auto shell = keep(std::string());
  CLI::App* command = app.add_subcommand("completion", "Print what makes a shell complete this command line");
  one_of(command->add_option("SHELL", *shell, "The shell")->required(), {"bash", "zsh", "fish"});
  command->callback([shell, &chosen] { chosen = [shell] { return completion(*shell); }; });
}

void add_man(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ManOptions{});
  CLI::App* command = app.add_subcommand("man", "Write the manual pages")->group("");
  command->add_option("SCHEMA", options->schema_file, "The schema of the configuration")->required();
  command->add_option("DIR", options->directory, "Where they are written")->required();
  command->callback([&app, options, &chosen] { chosen = [&app, options] { return man(describe(app), *options); }; });
}

}  // namespace

CommandLine::CommandLine() : app_("Authoritative DNS server that answers with the nearest healthy region", "rhumb") {
  app_.formatter_fn(
      [](const CLI::App* command, const std::string&, CLI::AppFormatMode) { return help_text(describe(*command)); });
  app_.set_help_flag("-h,--help", "Print this, and nothing else is done");
  app_.set_version_flag("--version", "rhumb " RHUMB_VERSION, "Print the version, and nothing else is done");
  app_.require_subcommand(1);
  add_serve(app_, chosen_);
  add_check(app_, chosen_);
  add_explain(app_, chosen_);
  add_test(app_, chosen_);
  add_simulate(app_, chosen_);
  add_import(app_, chosen_);
  add_operator_commands(app_, chosen_);
  add_geoip_commands(app_, chosen_);
  add_completion(app_, chosen_);
  add_man(app_, chosen_);
}

int CommandLine::run(int argc, const char* const* argv) {
  // What the shells ask: "rhumb complete -- WORD…". The words are not to be parsed, whatever they are.
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.size() > 1 && words[0] == "complete" && words[1] == "--") {
    return complete(page(), {words.begin() + 2, words.end()});
  }
  CLI11_PARSE(app_, argc, argv);
  return chosen_();
}

}  // namespace rhumb::cli
