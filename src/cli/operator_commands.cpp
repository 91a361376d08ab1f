#include "cli/operator_commands.hpp"

#include "cli/commands.hpp"
#include "cli/option_words.hpp"

namespace rhumb::cli {
namespace {

// Beside --socket.
void add_remote_server(CLI::App& command, ServerAddress& server) {
  CLI::Option* socket = command.get_option("--socket");
  CLI::Option* url =
      command.add_option("--server", server.url, "The server over HTTP, such as https://ns1.example.com:8053")
          ->excludes(socket)
          ->type_name("URL");
  command
      .add_option("--token-file", server.token_file,
                  "A file with the token for it (default: RHUMB_TOKEN in the environment)")
      ->needs(url)
      ->type_name("FILE");
}

void add_socket(CLI::App* command, ServerAddress& server) {
  add_config(command, server.config_file, "The configuration of the server, which names its socket");
  command->add_option("--socket", server.socket, "The socket of the server, whatever its configuration")
      ->type_name("FILE");
}

void add_server(CLI::App* command, ServerAddress& server) {
  add_socket(command, server);
  add_remote_server(*command, server);
}

void add_scope(CLI::App* command, health::Scope& scope) {
  command->add_option("REGION", scope.region, "The region")->required()->type_name("REGION");
  CLI::Option* service =
      command->add_option("--service", scope.service, "Only this service there")->type_name("SERVICE");
  command->add_option("--instance", scope.instance, "Only this address or target of the service")
      ->needs(service)
      ->type_name("INSTANCE");
}

void add_word(CLI::App* command, OverrideOptions& word) {
  add_server(command, word.server);
  add_scope(command, word.scope);
  command->add_option("--until", word.until, "When it ends by itself: 18:00, 2h (from now), 2026-11-25T18:00:00Z")
      ->type_name("TIME");
  command->add_option("--reason", word.reason, "Why, for others")->type_name("REASON");
  command->add_option("--owner", word.owner, "Who says so (default: your login name)")->type_name("NAME");
  command->add_flag("--force", word.force, "Also if a safety rule would be broken");
}

// "up" or "down", before the region.
void add_direction(CLI::App* command, bool& is_up) {
  one_of(command->add_option_function<std::string>(
             "STATE", [&is_up](const std::string& state) { is_up = state == "up"; }, "Whether it is up or down"),
         {"up", "down"})
      ->required();
}

void add_status(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(StatusOptions{});
  CLI::App* command = app.add_subcommand("status", "Tell what a running server knows of health");
  add_server(command, options->server);
  command->add_option("--service", options->service, "Only this service")->type_name("SERVICE");
  command->add_option("--region", options->region, "Only this region")->type_name("REGION");
  command->add_flag("--all", options->has_probes, "The probes, too, with their response times");
  command->add_flag("--json", options->as_json, "Print JSON");
  command->add_option("--watch", options->watch_s, "Again and again, every so many seconds")
      ->expected(0, 1)
      ->default_str("2")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86'400.0));
  command->callback([options, &chosen] { chosen = [options] { return status(*options); }; });
}

void add_drain(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(DrainOptions{});
  CLI::App* command = app.add_subcommand("drain", "Send a region's clients elsewhere");
  add_word(command, options->word);
  command->add_option("--over", options->over, "How long it takes until nobody is sent there, such as 10m")
      ->type_name("TIME");
  command->callback([options, &chosen] { chosen = [options] { return drain(*options); }; });
}

void add_undrain(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ScopeOptions{});
  CLI::App* command = app.add_subcommand("undrain", "Take back a drain, or what was forced");
  add_server(command, options->server);
  add_scope(command, options->scope);
  command->callback([options, &chosen] { chosen = [options] { return undrain(*options); }; });
}

void add_force(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ForceOptions{});
  CLI::App* command = app.add_subcommand("force", "Take a region for up or down, whatever checks say");
  add_direction(command, options->is_up);
  add_word(command, options->word);
  command->callback([options, &chosen] { chosen = [options] { return force(*options); }; });
}

void add_resume(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ScopeOptions{});
  CLI::App* command = app.add_subcommand("resume", "Let instances that are up and held back serve at once");
  add_server(command, options->server);
  add_scope(command, options->scope);
  command->callback([options, &chosen] { chosen = [options] { return resume(*options); }; });
}

void add_report(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ReportOptions{});
  CLI::App* command = app.add_subcommand("report", "Say how an instance is, for a check of type push");
  add_direction(command, options->is_up);
  add_server(command, options->server);
  add_scope(command, options->scope);
  command->get_option("--service")->required();
  command->get_option("--instance")->required();
  command->add_option("--check", options->check, "The check, if the instance has several of type push")
      ->type_name("CHECK");
  command->add_option("--reason", options->reason, "Why, for others")->type_name("REASON");
  command->callback([options, &chosen] { chosen = [options] { return report(*options); }; });
}

void add_reload(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(ReloadOptions{});
  CLI::App* command = app.add_subcommand("reload", "Have a running server read what has changed, and wait for it");
  CLI::Option* zone =
      command->add_option("ZONE", options->order.zone, "Only this zone, and nothing else")->type_name("ZONE");
  command->add_flag("--dry-run", options->is_trial, "Only tell what is wrong with the zone, and what would change")
      ->needs(zone);
  command
      ->add_flag("--accept-databases", options->order.accepts_databases,
                 "New geo databases are meant, however many clients they send to another region")
      ->excludes(zone);
  add_server(command, options->server);
  command->callback([options, &chosen] { chosen = [options] { return reload(*options); }; });
}

void add_token(CLI::App& app, std::function<int()>& chosen) {
  const auto options = keep(TokenOptions{});
  CLI::App* command = app.add_subcommand("token", "Make a token for the API");
  one_of(command->add_option("ROLE", options->role, "What it may")->required(), {"read", "operate", "admin"});
  command->add_option("NAME", options->name, "Whose it is, for logs")->required()->type_name("NAME");
  command->callback([options, &chosen] { chosen = [options] { return token(*options); }; });
}

void add_upgrade(CLI::App& app, std::function<int()>& chosen) {
  const auto server = keep(ServerAddress{});
  CLI::App* command = app.add_subcommand("upgrade", "Replace the running server by this program, losing no query");
  add_socket(command, *server);
  command->callback([server, &chosen] { chosen = [server] { return upgrade(*server); }; });
}

}  // namespace

void add_running_server(CLI::App& command, ServerAddress& server) {
  command.add_flag("--running", server.is_running, "Ask the running server, as --socket and --server do");
  command.add_option("--socket", server.socket, "Ask the server with this socket")->type_name("FILE");
  add_remote_server(command, server);
}

void add_operator_commands(CLI::App& app, std::function<int()>& chosen) {
  add_status(app, chosen);
  add_drain(app, chosen);
  add_undrain(app, chosen);
  add_force(app, chosen);
  add_resume(app, chosen);
  add_report(app, chosen);
  add_reload(app, chosen);
  add_token(app, chosen);
  add_upgrade(app, chosen);
}

}  // namespace rhumb::cli
