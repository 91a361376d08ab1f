#include "cli/server_access.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <pwd.h>

#include "base/ip_address.hpp"
#include "base/problems.hpp"
#include "config/control_reader.hpp"
#include "dns/name.hpp"

namespace rhumb::cli {
namespace {

std::filesystem::path find_socket(const std::filesystem::path& config_file) {
  Problems problems;
  const auto socket = config::find_control_socket(config_file, problems);
  if (socket) return *socket;
  if (const Problem* error = problems.first_error()) {
    throw std::runtime_error(fmt::format("{} (--socket reaches the server without it)", error->to_string()));
  }
  throw std::runtime_error(
      fmt::format("{} has no control channel: add \"control\": {{\"socket\": \"control.sock\"}} and start the server "
                  "anew, or name another configuration with --config",
                  config_file.string()));
}

// The first word of the file; what follows it is for people.
std::string read_token(const std::filesystem::path& file) {
  std::string token;
  std::ifstream stream(file);
  stream >> token;
  if (token.empty()) throw std::runtime_error(fmt::format("{}: cannot be read, or has no token", file.string()));
  return token;
}

std::string token_of(const ServerAddress& address) {
  if (!address.token_file.empty()) return read_token(address.token_file);
  const char* token = std::getenv("RHUMB_TOKEN");
  return token == nullptr ? "" : token;
}

control::RemoteServer remote_server(const ServerAddress& address) {
  auto url = control::parse_url(address.url);
  if (url) return {std::move(*url), token_of(address)};
  throw std::runtime_error(
      fmt::format("--server: \"{}\" is not a URL such as https://ns1.example.com:8053", address.url));
}

}  // namespace

std::filesystem::path socket_of(const ServerAddress& address) {
  return address.socket.empty() ? find_socket(address.config_file) : address.socket;
}

std::unique_ptr<control::ControlClient> connect(const ServerAddress& address) {
  if (!address.url.empty()) return std::make_unique<control::ControlClient>(remote_server(address));
  return std::make_unique<control::ControlClient>(socket_of(address));
}

std::string canonical_service(const std::string& name) {
  const auto parsed = name.empty() ? std::nullopt : dns::Name::from_text(name);
  return parsed ? parsed->to_text() : name;  // the server says of what is no name that it does not know it
}

health::Scope canonical(health::Scope scope) {
  scope.service = canonical_service(scope.service);
  const auto address = IpAddress::parse(scope.instance);
  scope.instance = address ? address->to_string() : canonical_service(scope.instance);
  return scope;
}

std::string login_name() {
  const char* before_sudo = std::getenv("SUDO_USER");
  if (before_sudo != nullptr && *before_sudo != '\0') return before_sudo;
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? "" : entry->pw_name;
}

}  // namespace rhumb::cli
