// Checks that are no conversation over TCP: of BIND over DNS, of this machine by ping, by a program, and by reports.
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

constexpr std::string_view kBindConfig = R"(options {{
  directory "{directory}";
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  recursion no;
}};
controls {{ }};
zone "example.net" {{ type primary; file "example.net.zone"; }};
)";

// The records of "many" do not fit into a response over UDP without EDNS.
std::string zone_text() {
  std::string text =
      "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\nwww A 192.0.2.80\nmail MX 10 ns\n";
  for (int i = 0; i < 60; ++i)
    text += fmt::format("many A 198.51.100.{}\n", i);
  return text;
}

class CheckKinds : public testing::Test {
 protected:
  CheckKinds() {
    world_.config["checks"] = Json::object();
    world_.config["services"] = Json::object();
  }

  // A service NAME.example.com whose one instance is this machine, and a check of its own.
  Json& add(const std::string& name, Json check) {
    check["interval"] = "200ms";
    world_.config["checks"][name] = std::move(check);
    world_.config["services"][name + ".example.com"] = {
        {"check", name}, {"instances", {{{"region", "eu-west"}, {"address", loopback(1).to_string()}}}}};
    return world_.config["checks"][name];
  }

  [[nodiscard]] bool logs(const std::string& name, const std::string& what) const {
    return world_.logs(name + ".example.com eu-west " + loopback(1).to_string() + ": " + what);
  }

  World world_;
};

// BIND listens only on addresses that an interface has, and so not on those of this process's own.
constexpr const char* kBindAddress = "127.0.0.1";

class DnsCheck : public CheckKinds {
 protected:
  DnsCheck() : port_(free_port({*IpAddress::parse(kBindAddress)})) {
    directory_.write("example.net.zone", zone_text());
    directory_.write("config",
                     fmt::format(fmt::runtime(kBindConfig), fmt::arg("port", port_), fmt::arg("address", kBindAddress),
                                 fmt::arg("directory", directory_.path().string())));
    named_ = std::make_unique<ChildProcess>(
        directory_.path(), std::vector<std::string>{"/usr/sbin/named", "-g", "-c", "config", "-n", "1"});
    EXPECT_TRUE(wait_until([&] { return named_->log().find(" running\n") != std::string::npos; })) << named_->log();
  }

  Json& ask(const std::string& name, const std::string& query) {
    return add(name, {{"type", "dns"}, {"address", kBindAddress}, {"port", port_}, {"query", query}});
  }

  TemporaryDirectory directory_;
  std::uint16_t port_;
  std::unique_ptr<ChildProcess> named_;
};

TEST_F(DnsCheck, JudgesWhatBindAnswers) {
  ask("well", "WWW.example.net.")["expected_answer"] = "192.0.2.80";
  ask("truncated", "many.example.net")["expected_answer"] = "198.51.100.59";
  Json& mail = ask("mail", "mail.example.net");
  mail["query_type"] = "MX";
  mail["expected_answer"] = "10 ns.example.net.";
  mail["transport"] = "tcp";
  ask("other", "www.example.net")["expected_answer"] = "192.0.2.8";
  ask("missing", "none.example.net");
  ask("not-ours", "example.org")["expected_rcode"] = {"REFUSED", "SERVFAIL"};
  world_.serve();
  EXPECT_TRUE(logs("well", "unknown → up: DNS NOERROR in "));
  EXPECT_TRUE(logs("truncated", "unknown → up: DNS NOERROR in "));
  EXPECT_TRUE(logs("mail", "unknown → up: DNS NOERROR in "));
  EXPECT_TRUE(logs("other", "unknown → down: DNS NOERROR, but no record of the answer is \"192.0.2.8\""));
  EXPECT_TRUE(logs("missing", "unknown → down: DNS NXDOMAIN"));
  EXPECT_TRUE(logs("not-ours", "unknown → up: DNS REFUSED in "));
}

TEST_F(DnsCheck, SeesThatBindEnds) {
  ask("well", "www.example.net");
  world_.serve();
  EXPECT_TRUE(logs("well", "unknown → up: "));
  named_.reset();
  EXPECT_TRUE(logs("well", "up → down: waiting for the response: Connection refused"));
}

TEST_F(CheckKinds, RunsAProgram) {
  world_.write("is_there",
               "#!/bin/sh\ntest -e \"$(dirname \"$0\")/$RHUMB_HOST\" && echo there || { echo gone; exit 1; }\n");
  const std::filesystem::path program = world_.path() / "is_there";
  permissions(program, std::filesystem::perms::owner_all);
  world_.write("program.example.com", "");
  add("program", {{"type", "exec"}, {"command", {program.string()}}, {"timeout", "200ms"}, {"fall", 2}});
  add("slow", {{"type", "exec"}, {"command", {"/bin/sleep", "1000"}}, {"timeout", "100ms"}});
  RhumbProcess& rhumb = world_.serve();
  EXPECT_TRUE(logs("program", "unknown → up: exit 0: there in "));
  EXPECT_TRUE(logs("slow", "unknown → down: timeout after 100ms waiting for the program to end"));
  remove(world_.path() / "program.example.com");
  EXPECT_TRUE(logs("program", "up → down: exit 1: gone"));
  rhumb.signal(SIGTERM);
  EXPECT_EQ(rhumb.wait_for_exit(), "status 0");
}

TEST_F(CheckKinds, ReadsReports) {
  world_.write("reports/push.example.com/eu-west", "up\n");
  add("push", {{"type", "push"}, {"ttl", "1h"}, {"file", "reports/{service}/{region}"}});
  add("silent", {{"type", "push"}, {"ttl", "1h"}, {"file", "reports/{service}"}});
  world_.serve();
  EXPECT_TRUE(logs("push", "unknown → up: reported up "));
  EXPECT_TRUE(logs("silent", "unknown → down: no report: "));
  world_.write("reports/new", "down for maintenance\n");
  rename(world_.path() / "reports/new", world_.path() / "reports/push.example.com/eu-west");
  EXPECT_TRUE(logs("push", "up → down: reported down "));
}

TEST_F(CheckKinds, PingsAnAddressInPlaceOfTheInstances) {
  add("ping", {{"type", "icmp"}, {"address", loopback(2).to_string()}});
  add("closed",
      {{"type", "tcp"}, {"port", free_port({loopback(1), loopback(2)})}, {"address", loopback(2).to_string()}});
  world_.serve();
  EXPECT_TRUE(logs("closed", "unknown → down: connect: Connection refused"));
  const auto has = [&](const std::string& text) { return world_.rhumb().log().find(text) != std::string::npos; };
  EXPECT_TRUE(wait_until([&] { return has("unknown → up: echo reply in ") || has("CAP_NET_RAW"); }));
}

}  // namespace
}  // namespace rhumb::test
