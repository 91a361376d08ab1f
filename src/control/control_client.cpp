#include "control/control_client.hpp"

#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <grp.h>
#include <nlohmann/json.hpp>

#include "base/ip_address.hpp"
#include "control/http_caller.hpp"
#include "control/http_status.hpp"
#include "control/operations_json.hpp"
#include "control/request_target.hpp"
#include "control/socket_path.hpp"
#include "health/tls_client.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::local::stream_protocol;

// "rhumb", or "group 990" where the system knows no name; empty when it cannot be told.
std::string group_of(const std::filesystem::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return {};
  constexpr std::size_t kEntryMax = 256 * 1'024;  // octets of a line of group(5): it names all members
  std::vector<char> buffer(kEntryMax);
  group entry{};
  group* known = nullptr;
  if (getgrgid_r(found.st_gid, &entry, buffer.data(), buffer.size(), &known) == 0 && known != nullptr) {
    return fmt::format("group \"{}\"", known->gr_name);
  }
  return fmt::format("group {}", found.st_gid);
}

std::string advice(const std::filesystem::path& file, const boost::system::error_code& error) {
  if (error == asio::error::connection_refused || error.value() == ENOENT) {
    return fmt::format("no server listens on {}: is `rhumb serve` running, and with this configuration?",
                       file.string());
  }
  if (error == asio::error::access_denied) {
    const std::string group = group_of(file);
    return fmt::format("you may not use {}: {}", file.string(),
                       group.empty() ? "its directory is closed to you"
                                     : fmt::format("only its owner and its {} may, or root", group));
  }
  return fmt::format("cannot connect to {}: {}", file.string(), error.message());
}

// Octets of a response's line and fields; the server sends some 200.
constexpr std::size_t kHeadMax = 8 * 1'024;

struct Reply {
  unsigned status = 0;
  std::string body;

  [[nodiscard]] bool is_done() const noexcept { return status / 100 == 2; }
};

std::string query_of(const health::Scope& scope) {
  std::string query = "?region=" + escape(scope.region);
  if (!scope.service.empty()) query += "&service=" + escape(scope.service);
  if (!scope.instance.empty()) query += "&instance=" + escape(scope.instance);
  return query;
}

// The reason of an answer that refuses; empty: there is none to be read.
std::string detail_of(const nlohmann::json& answer) {
  const auto found = answer.is_object() ? answer.find("detail") : answer.end();
  return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Nothing when it has not that form.
std::optional<LoadReport> read_check(const Reply& reply) {
  try {
    const nlohmann::json json = nlohmann::json::parse(reply.body);
    LoadReport report{json.at("loadable").get<bool>(), {}};
    for (const nlohmann::json& problem : json.at("problems")) {
      report.lines.push_back(fmt::format("{}: {}{}", problem.at("place").get<std::string>(),
                                         problem.at("severity") == "warning" ? "warning: " : "",
                                         problem.at("message").get<std::string>()));
    }
    for (const nlohmann::json& change : json.at("changes"))
      report.lines.push_back(change.get<std::string>());
    return report;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

// Nothing when it has not that form.
std::optional<LoadReport> read_load(const Reply& reply) {
  const nlohmann::json json = nlohmann::json::parse(reply.body, nullptr, false);
  const auto lines = json.is_object() ? json.find("report") : json.end();
  if (lines == json.end() || !lines->is_array()) return std::nullopt;
  LoadReport report{reply.is_done(), {}, json.value("databases_held_back", nlohmann::json()) == true};
  for (const nlohmann::json& line : *lines) {
    if (line.is_string()) report.lines.push_back(line.get<std::string>());
  }
  return report;
}

// Whether what is sent there stays on this machine.
bool is_here(const Url& url) {
  const auto address = IpAddress::parse(url.host);
  return address ? is_loopback(*address) : url.host == "localhost";
}

// What goes before the paths of the API: a proxy may have it below one of its own.
std::string base_path_of(const Url& url) {
  std::string path = url.target;
  if (path.find('?') != std::string::npos) throw Unreachable("the URL of a server has no query");
  while (path.ends_with('/'))
    path.pop_back();
  return path;
}

}  // namespace

class ControlClient::Connection {
 public:
  Connection(const std::filesystem::path& file, std::chrono::milliseconds patience)
      : where_(file.string()), patience_(patience) {
    if (file.native().size() > kSocketPathMax) {
      throw Unreachable(fmt::format("{}: the path of a socket has at most {} octets", where_, kSocketPathMax));
    }
    boost::system::error_code error;
    socket_.async_connect(stream_protocol::endpoint(where_), [&](auto result) { error = result; });
    wait(patience_);
    if (error) throw Unreachable(advice(file, error));
  }

  Connection(const RemoteServer& server, std::chrono::milliseconds patience)
      : where_(server.url.origin()),
        patience_(patience),
        host_(server.url.authority),
        base_path_(base_path_of(server.url)),
        token_(server.token) {
    if (!token_.empty() && !server.url.is_https && !is_here(server.url)) {
      throw Unreachable(fmt::format("{}: a token must not cross a network for all to read: use https", where_));
    }
    connect(server.url);
    if (server.url.is_https) secure();
  }

  [[nodiscard]] std::chrono::milliseconds patience() const noexcept { return patience_; }

  Reply ask(std::string_view method, const std::string& target, const std::string& body,
            std::chrono::milliseconds patience) {
    // The server refuses what is longer, and closes: say so before.
    if (body.size() > kRequestMax) throw Unreachable(fmt::format("a request has at most {} octets", kRequestMax));
    const std::string request = fmt::format(
        "{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: rhumb\r\n{}Content-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        method, base_path_, target, host_, token_.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", token_),
        body.size(), body);
    if (secured_) return exchange(*secured_, request, patience);
    if (tcp_) return exchange(*tcp_, request, patience);
    return exchange(socket_, request, patience);
  }

  // Nothing when it is done, else why not.
  std::optional<std::string> ask_for(std::string_view method, const std::string& target, const std::string& body) {
    const Reply reply = ask(method, target, body, patience_);
    return reply.is_done() ? std::nullopt : std::optional(reason_of(reply));
  }

  // Of a reply that refuses.
  [[nodiscard]] std::string reason_of(const Reply& reply) const {
    std::string detail = detail_of(nlohmann::json::parse(reply.body, nullptr, false));
    if (detail.empty()) throw another_server(fmt::format("HTTP {} without a reason", reply.status));
    if (token_.empty() && (reply.status == kUnauthorized || reply.status == kForbidden)) {
      return detail + " (--token-file, or RHUMB_TOKEN in the environment, has a token)";
    }
    return reply.status == kUnauthorized ? "the server does not know the token" : detail;
  }

  [[nodiscard]] Unreachable another_server(std::string_view sign) const {
    return Unreachable(fmt::format(
        "what listens on {} does not speak as this rhumb does ({}): is it of another version?", where_, sign));
  }

 private:
  void connect(const Url& url) {
    boost::system::error_code error;
    const auto found = asio::ip::tcp::resolver(context_).resolve(url.host, std::to_string(url.port), error);
    if (error) throw Unreachable(fmt::format("{}: {} cannot be resolved: {}", where_, url.host, error.message()));
    tcp_.emplace(context_);
    asio::async_connect(tcp_->socket(), found, [&](auto result, const auto&) { error = result; });
    wait(patience_);
    if (error == asio::error::connection_refused) {
      throw Unreachable(
          fmt::format("no server listens on {}: does its configuration have \"control\": {{\"http\": …}}?", where_));
    }
    if (error) throw Unreachable(fmt::format("cannot connect to {}: {}", where_, error.message()));
  }

  void secure() {
    const health::TlsClient client({});
    secured_.emplace(*tcp_, client.context());
    std::string problem;
    client.prepare(*secured_, host_, problem);
    boost::system::error_code error;
    secured_->async_handshake(asio::ssl::stream_base::client, [&](auto result) { error = result; });
    wait(patience_);
    if (!error) return;
    throw Unreachable(fmt::format("{}: TLS: {}", where_, problem.empty() ? error.message() : problem));
  }

  template <typename Stream>
  Reply exchange(Stream& stream, const std::string& request, std::chrono::milliseconds patience) {
    boost::system::error_code error;
    http::response_parser<http::string_body> parser;
    parser.header_limit(kHeadMax);
    parser.body_limit(kResponseMax);
    asio::async_write(stream, asio::buffer(request), [&](auto failed, std::size_t) {
      // A server that refuses early has answered, and takes no more: what it says counts.
      error = failed;
      http::async_read(stream, buffer_, parser, [&](auto result, std::size_t) { error = result; });
    });
    wait(patience);
    const bool is_http = error.category() == http::make_error_code(http::error::bad_method).category();
    if (is_http && error != http::error::end_of_stream) throw another_server(error.message());
    if (error) {
      throw Unreachable(fmt::format("the server at {} did not answer: {}", where_, error.message()));
    }
    http::response<http::string_body> response = parser.release();
    return {response.result_int(), std::move(response.body())};
  }

  // For what has been started. Its handlers have run when this returns or throws.
  void wait(std::chrono::milliseconds patience) {
    context_.restart();
    context_.run_for(patience);
    if (context_.stopped()) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (tcp_) tcp_->close();
    context_.run();
    throw Unreachable(fmt::format("the server at {} did not answer within {} s", where_,
                                  std::chrono::duration<double>(patience).count()));
  }

  std::string where_;  // for people
  std::chrono::milliseconds patience_;
  std::string host_ = "localhost";  // for the Host field
  std::string base_path_ = {};
  std::string token_ = {};
  asio::io_context context_{1};
  stream_protocol::socket socket_{context_};               // of a Unix socket
  std::optional<boost::beast::tcp_stream> tcp_ = {};       // else this
  std::optional<health::TlsClient::Stream> secured_ = {};  // over it, with https
  boost::beast::flat_buffer buffer_;
};

ControlClient::ControlClient(const std::filesystem::path& socket_file, std::chrono::milliseconds patience)
    : connection_(std::make_unique<Connection>(socket_file, patience)) {}

ControlClient::ControlClient(const RemoteServer& server, std::chrono::milliseconds patience)
    : connection_(std::make_unique<Connection>(server, patience)) {}

ControlClient::~ControlClient() = default;

health::Status ControlClient::status() {
  const Reply reply = connection_->ask("GET", "/v1/status", {}, connection_->patience());
  if (!reply.is_done()) throw std::runtime_error(connection_->reason_of(reply));
  Decoded<health::Status> status = read_status(reply.body);
  if (!status.value) throw connection_->another_server(status.error);
  return std::move(*status.value);
}

std::optional<std::string> ControlClient::set_override(health::Override word, bool force) {
  return connection_->ask_for("POST", "/v1/overrides", to_json(GivenOverride{std::move(word), force}));
}

std::optional<std::string> ControlClient::clear_override(const health::Scope& scope) {
  return connection_->ask_for("DELETE", "/v1/overrides" + query_of(scope), {});
}

std::optional<std::string> ControlClient::resume(const health::Scope& scope) {
  return connection_->ask_for("POST", "/v1/resume", to_json(scope));
}

std::optional<std::string> ControlClient::report(const health::PushReport& report) {
  return connection_->ask_for("POST", "/v1/reports", to_json(report));
}

std::string ControlClient::explain(const ExplainRequest& request) {
  std::string target = fmt::format("/v1/explain?name={}&client={}&type={}&format={}", escape(request.name),
                                   escape(request.client), escape(request.type), request.as_text ? "text" : "json");
  if (!request.resolver.empty()) target += "&resolver=" + escape(request.resolver);
  if (!request.down.empty()) target += "&down=" + escape(fmt::format("{}", fmt::join(request.down, ",")));
  Reply reply = connection_->ask("GET", target, {}, kLongPatience);
  if (!reply.is_done()) throw std::runtime_error(connection_->reason_of(reply));
  return std::move(reply.body);
}

LoadReport ControlClient::check_zone(const std::string& zone) {
  const Reply reply = connection_->ask("POST", "/v1/zones/" + escape(zone) + "/check", {}, kLongPatience);
  if (!reply.is_done()) throw std::runtime_error(connection_->reason_of(reply));
  auto report = read_check(reply);
  if (report) return std::move(*report);
  throw connection_->another_server("no result of a check");
}

std::string ControlClient::run_tests(TestStates states) {
  const std::string_view word = states == TestStates::current ? "current" : "assumed";
  Reply reply = connection_->ask("POST", fmt::format("/v1/tests/run?states={}", word), {}, kLongPatience);
  if (!reply.is_done()) throw std::runtime_error(connection_->reason_of(reply));
  return std::move(reply.body);
}

LoadReport ControlClient::reload(const ReloadOrder& order) {
  std::string path = order.zone.empty() ? "/v1/reload" : "/v1/zones/" + escape(order.zone) + "/reload";
  if (order.accepts_databases) path += "?accept=databases";
  const Reply reply = connection_->ask("POST", path, {}, kLongPatience);
  auto report = read_load(reply);
  if (report) return std::move(*report);
  throw std::runtime_error(connection_->reason_of(reply));
}

}  // namespace rhumb::control
