// HTTP, HTTPS and gRPC checks against nginx, which is none of ours: its keep-alive, its redirects, its HTTP/2. What
// stands behind it for gRPC is nghttp2's server.
#include <cstdlib>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/child_process.hpp"
#include "support/grpc_peer.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using health::Backend;

// One process, which dies with the test. Its log has a line for each request: port, path, connection, how many requests
// the connection has had.
constexpr const char* kConfiguration = R"(
daemon off;
master_process off;
pid nginx.pid;
events {{ worker_connections 256; }}
http {{
  log_format probes '$server_port $uri $connection $connection_requests';
  access_log access.log probes;
  client_body_temp_path client; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  ssl_certificate nginx.pem;
  ssl_certificate_key nginx.key;
  server {{
    listen {0}:{1};
    listen {0}:{2} ssl;
    listen {0}:{3} ssl http2;
    location = /health {{ add_header X-Load 73%; return 200 "all is well, in version 12\n"; }}
    location = /start {{ return 302 /health; }}
    location = /away {{ return 302 http://other.example/; }}
    location = /impatient {{ keepalive_timeout 0; return 200 "all is well"; }}
    location /grpc.health.v1.Health/ {{ grpc_pass grpc://{0}:{4}; }}
  }}
}}
)";

bool is_listening(std::uint16_t port) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  boost::system::error_code error;
  socket.connect({boost::asio::ip::address_v4(loopback(1).as_v4()), port}, error);
  return !error;
}

class NginxHealth : public testing::Test {
 protected:
  NginxHealth()
      : grpc_(health::scripts::grpc([](const health::GrpcRequest& request) {
                return request.body.find("down") == std::string::npos ? health::grpc_reply(1) : health::grpc_reply(2);
              }),
              0, loopback(1)) {
    std::filesystem::create_directory(directory());
    const std::string command = fmt::format(
        "cd '{}' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout nginx.key "
        "-out nginx.pem -days 30 -subj /CN=nginx -addext 'subjectAltName=DNS:*.example.com' 2>openssl.log",
        directory().string());
    EXPECT_EQ(std::system(command.c_str()), 0) << read_file(directory() / "openssl.log");  // NOLINT(cert-env33-c)
    copy_file(directory() / "nginx.pem", world_.path() / "nginx.pem");
    world_.config["services"].erase("www.example.com");
    plain_ = free_port({loopback(1)});
    secured_ = free_port({loopback(1)});
    http2_ = free_port({loopback(1)});
    world_.write("nginx/nginx.conf",
                 fmt::format(kConfiguration, loopback(1).to_string(), plain_, secured_, http2_, grpc_.port()));
    nginx_ = std::make_unique<ChildProcess>(
        directory(),
        std::vector<std::string>{"/usr/sbin/nginx", "-p", directory().string(), "-c", "nginx.conf", "-e", "stderr"});
    EXPECT_TRUE(wait_until([&] { return is_listening(http2_); })) << nginx_->log();
  }

  // A service NAME.example.com with one instance, which is nginx or what stands behind it, and a check of its own.
  void add(const std::string& name, const std::string& type, std::uint16_t port, const Json& members = Json::object()) {
    Json& check = world_.config["checks"][name];
    check = {{"type", type}, {"port", port}, {"interval", "1500ms"}, {"timeout", "1500ms"}};
    if (port == secured_ || port == http2_) check["tls"] = {{"ca_file", "nginx.pem"}};
    check.update(members);
    world_.config["services"][name + ".example.com"] = {
        {"check", name}, {"instances", {{{"region", "eu-west"}, {"address", loopback(1).to_string()}}}}};
  }

  [[nodiscard]] bool logs(const std::string& name, const std::string& what) const {
    return world_.logs(name + ".example.com eu-west " + loopback(1).to_string() + ": " + what);
  }

  // Whether nginx has seen a connection for `path` at `port` with so many requests, sooner or later.
  [[nodiscard]] bool sees_requests(std::uint16_t port, const std::string& path, int requests) const {
    const std::string begin = fmt::format("{} {} ", port, path);
    const std::string end = fmt::format(" {}\n", requests);
    return wait_until([&] {
      const std::string log = read_file(directory() / "access.log");
      for (std::size_t at = 0; (at = log.find(begin, at)) != std::string::npos; ++at) {
        const std::string line = log.substr(at, log.find('\n', at) + 1 - at);
        if (line.ends_with(end)) return true;
      }
      return false;
    });
  }

  [[nodiscard]] std::filesystem::path directory() const { return world_.path() / "nginx"; }

  World world_;
  Backend grpc_;
  std::uint16_t plain_ = 0;
  std::uint16_t secured_ = 0;
  std::uint16_t http2_ = 0;
  std::unique_ptr<ChildProcess> nginx_;
};

TEST_F(NginxHealth, JudgesWhatNginxAnswers) {
  add("matching", "http", plain_, {{"path", "/health"}, {"body_matches", R"(version [0-9]+\s$)"}});
  add("other", "http", plain_, {{"path", "/health"}, {"body_matches", "version [a-z]"}});
  add("following", "http", plain_, {{"path", "/start"}, {"follow_redirects", 1}});
  add("secure", "https", secured_, {{"path", "/start"}, {"follow_redirects", 1}});
  add("away", "http", plain_, {{"path", "/away"}, {"follow_redirects", 5}});
  add("loaded", "http", plain_, {{"path", "/health"}, {"load", {{"header", "X-Load"}}}});
  add("silent", "http", plain_, {{"path", "/health"}, {"load", {{"json", "/load"}}}});
  world_.serve();
  EXPECT_TRUE(logs("matching", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("other", "unknown → down: HTTP 200, but the body does not match /version [a-z]/"));
  EXPECT_TRUE(logs("following", "unknown → up: HTTP 200 after 1 redirect in "));
  EXPECT_TRUE(logs("secure", "unknown → up: HTTP 200 after 1 redirect in "));
  EXPECT_TRUE(logs("away", "unknown → down: HTTP 302 to \"http://other.example/\", which is not followed"));
  EXPECT_TRUE(logs("loaded", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("silent", "it tells no load: the body is not JSON"));
  EXPECT_EQ(world_.rhumb().log().find("loaded.example.com eu-west " + loopback(1).to_string() + ": it tells no load"),
            std::string::npos);
}

TEST_F(NginxHealth, KeepsItsConnections) {
  add("plain", "http", plain_, {{"path", "/health"}, {"connection", "keep"}});
  add("secure", "https", secured_, {{"path", "/health"}, {"connection", "keep"}});
  add("impatient", "http", plain_, {{"path", "/impatient"}, {"connection", "keep"}});
  world_.serve();
  EXPECT_TRUE(logs("plain", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("secure", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("impatient", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(sees_requests(plain_, "/health", 3));
  EXPECT_TRUE(sees_requests(secured_, "/health", 3));
}

TEST_F(NginxHealth, AsksForTheHealthOfGrpcServers) {
  add("direct", "grpc", grpc_.port(), {{"service", "mail"}});
  add("down", "grpc", grpc_.port(), {{"service", "down"}});
  add("secure", "grpc", http2_, {{"service", "mail"}});
  add("behind", "grpc", http2_, {{"service", "down"}});
  add("old", "grpc", secured_);
  add("plain", "grpc", plain_);
  world_.serve();
  EXPECT_TRUE(logs("direct", "unknown → up: SERVING in "));
  EXPECT_TRUE(logs("down", "unknown → down: NOT_SERVING"));
  EXPECT_TRUE(logs("secure", "unknown → up: SERVING in "));
  EXPECT_TRUE(logs("behind", "unknown → down: NOT_SERVING"));
  EXPECT_TRUE(logs("old", "unknown → down: TLS: tlsv1 alert no application protocol"));
  EXPECT_TRUE(logs("plain", "unknown → down: the server speaks HTTP/1, not HTTP/2"));
}

}  // namespace
}  // namespace rhumb::test
