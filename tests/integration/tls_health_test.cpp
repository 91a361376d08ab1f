// Checks over TLS, against servers of Python's with certificates of OpenSSL's: neither is ours.
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/child_process.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

// A good certificate has this much left; short of it is a warning by default.
constexpr int kDaysUsual = 30;

class TlsHealth : public testing::Test {
 protected:
  TlsHealth() {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 "
        "-subj /CN=Authority");
    config()["services"].erase("www.example.com");
  }

  Json& config() { return world_.config; }
  World& world() { return world_; }

  // NAME.pem and NAME.key, signed by the authority, for `subject` ("DNS:www.example.com").
  void make_certificate(const std::string& name, const std::string& subject, int days) const {
    openssl(
        fmt::format("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {0}.key -out {0}.csr "
                    "-subj /CN={0} -addext subjectAltName={1}",
                    name, subject));
    openssl(
        fmt::format("x509 -req -in {0}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days {1} "
                    "-out {0}.pem",
                    name, days));
  }
  void make_self_signed(const std::string& name) const {
    openssl(
        fmt::format("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {0}.key -out {0}.pem "
                    "-days 30 -subj /CN={0} -addext subjectAltName=DNS:{0}.example.com",
                    name));
  }

  // A service NAME.example.com whose one instance is a peer of this mode with the certificate NAME.pem.
  Json& add(const std::string& name, const std::string& type, const std::string& mode = "well",
            const std::string& client_ca = "") {
    std::vector<std::string> words = {"/usr/bin/env", "python3", RHUMB_TLS_PEER, loopback(1).to_string(), name + ".pem",
                                      name + ".key",  mode};
    if (!client_ca.empty()) words.push_back(client_ca);
    std::filesystem::create_directory(world_.path() / ("peer-" + name));
    for (const char* end : {".pem", ".key"}) {
      const std::filesystem::path file = world_.path() / (name + end);
      if (exists(file)) copy_file(file, world_.path() / ("peer-" + name) / (name + end));
    }
    if (!client_ca.empty()) copy_file(world_.path() / client_ca, world_.path() / ("peer-" + name) / client_ca);
    peers_.push_back(std::make_unique<ChildProcess>(world_.path() / ("peer-" + name), words));
    const ChildProcess& peer = *peers_.back();
    EXPECT_TRUE(wait_until([&] { return peer.output().ends_with('\n'); })) << peer.log();

    Json& check = config()["checks"][name];
    check = {{"type", type},
             {"port", std::atoi(peer.output().c_str())},
             {"interval", "2s"},
             {"timeout", "1500ms"},
             {"tls", {{"ca_file", "ca.pem"}}}};
    config()["services"][name + ".example.com"] = {
        {"check", name}, {"instances", {{{"region", "eu-west"}, {"address", loopback(1).to_string()}}}}};
    return check;
  }

  [[nodiscard]] bool logs(const std::string& name, const std::string& what) const {
    return world_.logs(name + ".example.com eu-west " + loopback(1).to_string() + ": " + what);
  }

 private:
  void openssl(const std::string& arguments) const {
    const std::string command = fmt::format("cd '{}' && openssl {} 2>>openssl.log", world_.path().string(), arguments);
    ASSERT_EQ(std::system(command.c_str()), 0) << read_file(world_.path() / "openssl.log");  // NOLINT(cert-env33-c)
  }

  World world_;
  std::vector<std::unique_ptr<ChildProcess>> peers_;
};

TEST_F(TlsHealth, TellsGoodCertificatesFromBadOnes) {
  make_certificate("good", "DNS:good.example.com", kDaysUsual);
  make_certificate("expired", "DNS:expired.example.com", -1);
  make_certificate("other", "DNS:a.example,DNS:b.example,IP:192.0.2.7,DNS:d.example", kDaysUsual);
  make_certificate("trusting", "DNS:a.example", -1);
  make_certificate("renamed", "DNS:a.example", kDaysUsual);
  make_certificate("handshake", "DNS:handshake.example.com", kDaysUsual);
  make_certificate("ending", "DNS:ending.example.com", 5);
  make_self_signed("self");
  add("good", "https")["body_contains"] = "all is well at good.example.com";
  add("expired", "https");
  add("other", "https");
  add("self", "tls");
  add("trusting", "https")["tls"] = {{"verify", false}, {"expiry_warning", 0}};
  add("renamed", "https")["tls"]["server_name"] = "a.example";
  add("handshake", "tls");
  add("ending", "https");
  world().serve();
  EXPECT_TRUE(logs("good", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("expired", "unknown → down: TLS: certificate has expired"));
  EXPECT_TRUE(logs("other",
                   "unknown → down: TLS: certificate is for a.example, b.example, 192.0.2.7 and 1 more, not "
                   "other.example.com"));
  EXPECT_TRUE(logs("self", "unknown → down: TLS: self-signed certificate"));
  EXPECT_TRUE(logs("trusting", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("renamed", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("handshake", "unknown → up: TLS handshake in "));
  EXPECT_TRUE(logs("ending", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("ending", "its certificate expires in 4 days"));
  EXPECT_THAT(world().rhumb().log(), testing::Not(testing::HasSubstr("good.example.com eu-west " +
                                                                     loopback(1).to_string() + ": its certificate")));
}

TEST_F(TlsHealth, DoesNotTrustAnAuthorityThatIsNotTheSystems) {
  make_certificate("good", "DNS:good.example.com", kDaysUsual);
  add("good", "https").erase("tls");
  world().serve();
  EXPECT_TRUE(logs("good", "unknown → down: TLS: unable to get local issuer certificate"));
}

// Python's server knows nothing of ALPN, and ignores it.
TEST_F(TlsHealth, WantsHttp2OfAServerOfGrpc) {
  make_certificate("rpc", "DNS:rpc.example.com", kDaysUsual);
  add("rpc", "grpc");
  world().serve();
  EXPECT_TRUE(logs("rpc", "unknown → down: TLS: the server does not offer HTTP/2 (ALPN h2)"));
}

TEST_F(TlsHealth, ShowsItsOwnCertificateToThoseWhoWantOne) {
  make_certificate("asking", "DNS:asking.example.com", kDaysUsual);
  make_certificate("client", "DNS:client.example", kDaysUsual);
  Json& check = add("asking", "https", "well", "ca.pem");
  check["tls"]["client_certificate"] = "client.pem";
  check["tls"]["client_key"] = "client.key";
  world().serve();
  EXPECT_TRUE(logs("asking", "unknown → up: HTTP 200 in "));
}

// Each of them takes its own time and no more, and nobody else's.
TEST_F(TlsHealth, IsHeldUpByNoPeer) {
  for (const char* name : {"good", "hang", "endless", "trickle"})
    make_certificate(name, fmt::format("DNS:{}.example.com", name), kDaysUsual);
  add("hang", "https", "hang");
  add("endless", "https", "endless")["body_contains"] = "y";
  add("trickle", "https", "trickle");
  add("good", "https");
  const RhumbProcess& rhumb = world().serve();
  EXPECT_TRUE(logs("good", "unknown → up: HTTP 200 in "));
  EXPECT_TRUE(logs("endless", "unknown → down: HTTP 200, but the first 64 KiB of the body do not contain \"y\""));
  EXPECT_TRUE(logs("hang", "unknown → down: timeout after 1.5s in the TLS handshake"));
  EXPECT_TRUE(logs("trickle", "unknown → down: "));
#ifdef RHUMB_IS_SANITIZED
  constexpr std::size_t kMib = 200 + 256;  // the address sanitizer keeps what was freed (quarantine_size_mb)
#else
  constexpr std::size_t kMib = 200;
#endif
  EXPECT_LT(rhumb.resident_size(), kMib << 20);
}

TEST_F(TlsHealth, SaysThatTheOtherSideDoesNotSpeakTls) {
  World& world = this->world();
  health::Backend backend(health::scripts::send_and_hold("HTTP/1.1 400 Bad Request\r\n\r\n"), 0, loopback(1));
  config()["checks"]["plain"] = {{"type", "https"}, {"port", backend.port()}};
  config()["services"]["plain.example.com"] = {
      {"check", "plain"}, {"instances", {{{"region", "eu-west"}, {"address", loopback(1).to_string()}}}}};
  world.serve();
  EXPECT_TRUE(logs("plain", "unknown → down: TLS: wrong version number"));
}

}  // namespace
}  // namespace rhumb::test
