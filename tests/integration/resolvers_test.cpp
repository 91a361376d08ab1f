// What people have in front of it: unbound and BIND as resolvers, kdig, drill and dig in hand.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A resolver in a directory of its own that asks Rhumb for example.com.
class Resolver {
 public:
  // `words` = the program and its arguments; `config_text` is written to "config" in the resolver's directory, where
  // "{address}" and "{port}" are where to listen, "{server}" and "{server_port}" are Rhumb's.
  Resolver(IpAddress address, const Endpoint& server, const std::vector<std::string>& words,
           std::string_view config_text)
      : endpoint_{address, free_port({address})} {
    directory_.write(
        "config", fmt::format(fmt::runtime(config_text), fmt::arg("address", endpoint_.address.to_string()),
                              fmt::arg("port", endpoint_.port), fmt::arg("server", server.address.to_string()),
                              fmt::arg("server_port", server.port), fmt::arg("directory", directory_.path().string())));
    process_ = std::make_unique<ChildProcess>(directory_.path(), words);
    EXPECT_TRUE(wait_until([&] {
      const auto response = ask_once({"static.example.com"});
      return response && response->rcode == "NOERROR" && !response->answer.empty();
    })) << process_->log()
        << process_->output();
  }

  [[nodiscard]] std::optional<Response> ask_once(const Question& question) const {
    auto query = to_query(question);
    query[2] |= 1;  // RD
    const UdpClient client(endpoint_);
    client.send(query);
    const auto response = client.receive(std::chrono::seconds(2));
    return response ? std::optional(parse_response(*response)) : std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> addresses(const Question& question) const {
    std::vector<std::string> found;
    EXPECT_TRUE(wait_until([&] {
      const auto response = ask_once(question);
      if (response) found = data_of(response->answer);
      return response.has_value();
    }));
    return found;
  }

 private:
  TemporaryDirectory directory_;
  Endpoint endpoint_;
  std::unique_ptr<ChildProcess> process_;
};

// unbound.conf(5): "send-client-subnet" is the authority that gets the client's network.
constexpr std::string_view kUnboundConfig = R"(server:
  interface: {address}
  port: {port}
  access-control: 127.0.0.0/8 allow
  outgoing-interface: {address}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  do-ip6: no
  module-config: "subnetcache iterator"
  send-client-subnet: {server}
remote-control:
  control-enable: no
stub-zone:
  name: example.com
  stub-addr: {server}@{server_port}
)";

constexpr std::string_view kBindResolverConfig = R"(options {{
  directory "{directory}";
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  query-source address {address};
  pid-file none;
  session-keyfile none;
  dnssec-validation no;
  recursion yes;
  allow-query {{ 127.0.0.0/8; }};
  allow-recursion {{ 127.0.0.0/8; }};
}};
controls {{ }};
zone "example.com" {{ type forward; forward only; forwarders {{ {server} port {server_port}; }}; }};
)";

std::vector<std::string> unbound() {
  return {"/usr/sbin/unbound", "-d", "-p", "-c", "config"};
}

std::vector<std::string> bind() {
  return {"/usr/sbin/named", "-g", "-c", "config", "-n", "1"};
}

TEST(Unbound, ResolvesStaticAndSteeredNames) {
  World world;
  world.serve();
  const Resolver resolver(loopback(2), world.server(), unbound(), kUnboundConfig);
  EXPECT_THAT(resolver.addresses({"static.example.com"}), ElementsAre("192.0.2.80"));
  EXPECT_THAT(resolver.addresses({"x.apps.example.com"}), ElementsAre("192.0.2.90"));
  EXPECT_THAT(resolver.addresses({"www.example.com", dns::type::kA, kParis}), ElementsAre(kEuWest));
  EXPECT_THAT(resolver.addresses({"www.example.com", dns::type::kA, kSingapore}), ElementsAre(kApSoutheast));
  EXPECT_THAT(resolver.addresses({"shop.example.com", dns::type::kA, kAshburn}),
              ElementsAre("www.example.com.", kUsEast));
  EXPECT_EQ(resolver.ask_once({"none.example.com"})->rcode, "NXDOMAIN");
  EXPECT_THAT(resolver.ask_once({"static.example.com", dns::type::kAaaa})->answer, IsEmpty());
}

// RFC 7871 §7.3.1. What is cached comes from before the reload, what is asked anew from after it.
TEST(Unbound, CachesAnAnswerForItsScopeAndNoFurther) {
  World world;
  world.serve();
  const Resolver resolver(loopback(2), world.server(), unbound(), kUnboundConfig);
  EXPECT_THAT(resolver.addresses({"www.example.com", dns::type::kA, kParis}), ElementsAre(kEuWest));

  for (auto& instance : world.config["services"]["www.example.com"]["instances"]) {
    if (instance["address"] == kEuWest) instance["address"] = "192.0.2.21";
    if (instance["address"] == kUsEast) instance["address"] = "192.0.2.11";
  }
  EXPECT_THAT(world.reload(), HasSubstr("reloaded"));
  EXPECT_THAT(resolver.addresses({"www.example.com", dns::type::kA, kParis}), ElementsAre(kEuWest)) << "cached";
  EXPECT_THAT(resolver.addresses({"www.example.com", dns::type::kA, kAshburn}), ElementsAre("192.0.2.11"));
}

TEST(Bind, ResolvesStaticAndSteeredNames) {
  World world;
  world.serve();
  // BIND listens only on addresses that an interface has.
  const Resolver resolver(*IpAddress::parse("127.0.0.1"), world.server(), bind(), kBindResolverConfig);
  EXPECT_THAT(resolver.addresses({"static.example.com"}), ElementsAre("192.0.2.80"));
  EXPECT_THAT(resolver.addresses({"x.apps.example.com"}), ElementsAre("192.0.2.90"));
  // BIND sends no client subnet; a loopback address is in no database, so the regions come as they are configured.
  EXPECT_THAT(resolver.addresses({"www.example.com"}), ElementsAre(kApSoutheast));
  EXPECT_THAT(resolver.addresses({"shop.example.com"}), ElementsAre("www.example.com.", kApSoutheast));
  EXPECT_EQ(resolver.ask_once({"none.example.com"})->rcode, "NXDOMAIN");
}

// What the program prints when it asks Rhumb.
std::string run(const World& world, std::vector<std::string> words) {
  for (std::string& word : words) {
    if (word == "@SERVER") word = "@" + world.server().address.to_string();
    if (word == "PORT") word = std::to_string(world.server().port);
  }
  const TemporaryDirectory directory;
  ChildProcess process(directory.path(), words);
  EXPECT_EQ(process.wait_for_exit(), "status 0") << words[0] << "\n" << process.log() << process.output();
  return process.output();
}

TEST(Tools, DigShowsASteeredAnswerItsScopeAndAGoodCookie) {
  World world;
  world.config["identity"] = "ns1-test";
  world.serve();
  const std::string text =
      run(world, {"/usr/bin/dig", "@SERVER", "-p", "PORT", "www.example.com", "+subnet=203.0.113.7/32", "+nsid"});
  EXPECT_THAT(text, HasSubstr("www.example.com.\t30\tIN\tA\t192.0.2.20"));
  EXPECT_THAT(text, HasSubstr("CLIENT-SUBNET: 203.0.113.7/32/"));
  EXPECT_THAT(text, HasSubstr("(good)")) << "the cookie";
  EXPECT_THAT(text, HasSubstr("ns1-test"));
  EXPECT_THAT(text, testing::Not(HasSubstr("WARNING: recursion requested but not available\n;; Warning")));
  EXPECT_THAT(run(world, {"/usr/bin/dig", "@SERVER", "-p", "PORT", "+tcp", "+keepalive", "static.example.com"}),
              HasSubstr("10.0 secs"));
  EXPECT_THAT(run(world, {"/usr/bin/dig", "@SERVER", "-p", "PORT", "ch", "txt", "id.server", "+short"}),
              HasSubstr("\"ns1-test\""));
  EXPECT_THAT(run(world, {"/usr/bin/dig", "@SERVER", "-p", "PORT", "www.example.org"}), HasSubstr("EDE: 20"));
}

TEST(Tools, DigFollowsASteeredCname) {
  World world;
  world.config["services"]["app.example.com"]["instances"] = {
      {{"region", "eu-west"}, {"target", "static.example.com"}}};
  world.serve();
  EXPECT_THAT(run(world, {"/usr/bin/dig", "@SERVER", "-p", "PORT", "app.example.com", "+short"}),
              HasSubstr("static.example.com.\n192.0.2.80\n"));
}

TEST(Tools, DigReadsSteeredHints) {
  World world;
  world.write(
      "zones/example.com.zone",
      std::string(kZoneText) +
          "www HTTPS 1 . mandatory=alpn,ipv6hint alpn=h2,h3 ipv4hint=192.0.2.1 port=8443 ipv6hint=2001:db8::1\n");
  world.serve();
  EXPECT_THAT(run(world, {"/usr/bin/dig", "@SERVER", "-p", "PORT", "www.example.com", "HTTPS", "+subnet=203.0.113.7/32",
                          "+short"}),
              HasSubstr("1 . mandatory=alpn,ipv6hint alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.20 "
                        "ipv6hint=2001:db8::20\n"));
}

TEST(Tools, KdigAndDrillReadTheAnswers) {
  World world;
  world.serve();
  EXPECT_THAT(run(world, {"/usr/bin/kdig", "@SERVER", "-p", "PORT", "www.example.com", "+subnet=198.51.100.7/32"}),
              HasSubstr("192.0.2.30"));
  EXPECT_THAT(run(world, {"/usr/bin/kdig", "@SERVER", "-p", "PORT", "+tcp", "+cookie", "example.com", "SOA"}),
              HasSubstr("hostmaster.example.com."));
  EXPECT_THAT(run(world, {"/usr/bin/drill", "-p", "PORT", "static.example.com", "@SERVER"}), HasSubstr("192.0.2.80"));
  EXPECT_THAT(run(world, {"/usr/bin/drill", "-p", "PORT", "a.lab.example.com", "@SERVER"}),
              HasSubstr("ns.lab.example.com."));
}

}  // namespace
}  // namespace rhumb::test
