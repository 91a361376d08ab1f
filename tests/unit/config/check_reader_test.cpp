#include "config/check_reader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/json_file.hpp"
#include "health/body_pattern.hpp"
#include "health/tls_client.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using health::Check;
using testing::ElementsAre;
using testing::IsEmpty;

struct Result {
  Check check;
  std::vector<std::string> messages;
};

// A check on port 80, with these members besides.
Result read(const std::string& members, const std::filesystem::path& directory = {}) {
  Problems problems;
  const Json document = Json::parse("{\"port\": 80, " + members + "}");
  Result result{read_check(JsonPlace(document, "rhumb.json", problems), directory), {}};
  for (const Problem& problem : problems.all())
    result.messages.push_back(problem.to_string());
  return result;
}

Result read_http(const std::string& members) {
  return read(R"("type": "http", )" + members);
}

std::vector<std::string> refusals(const std::string& member) {
  return read_http(member).messages;
}

TEST(ReadCheck, TakesEverythingThatHttpHas) {
  const auto [check, messages] = read_http(R"(
    "path": "/up", "method": "GET", "host": "web.example.com:8080", "headers": {"X-Probe": "1", "Accept": "text/plain"},
    "expected_status": ["200-299", 304], "body_contains": "ok", "source_address": "192.0.2.9",
    "interval": "10s", "fast_interval": "500ms", "timeout": "3s", "max_response_time": "1s")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.path, "/up");
  EXPECT_EQ(check.method, Check::Method::get);
  EXPECT_EQ(check.host, "web.example.com:8080");
  EXPECT_THAT(check.headers,
              ElementsAre(health::HeaderField{"X-Probe", "1"}, health::HeaderField{"Accept", "text/plain"}));
  EXPECT_THAT(check.expected_status, ElementsAre(health::StatusRange{200, 299}, health::StatusRange{304, 304}));
  EXPECT_EQ(check.body_contains, "ok");
  EXPECT_EQ(check.source_address, *IpAddress::parse("192.0.2.9"));
  EXPECT_EQ(check.interval_ms, 10'000U);
  EXPECT_EQ(check.fast_interval_ms, 500U);
  EXPECT_EQ(check.timeout_ms, 3'000U);
  EXPECT_EQ(check.max_response_ms, 1'000U);
}

TEST(ReadCheck, AsksWithGetForAnyStatusFrom200To399UnlessToldOtherwise) {
  const auto [check, messages] = read_http(R"("path": "/")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.method, Check::Method::get);
  EXPECT_THAT(check.expected_status, ElementsAre(health::StatusRange{200, 399}));
  EXPECT_EQ(check.fast_interval_ms, 0U);
  EXPECT_EQ(check.max_response_ms, 0U);
}

TEST(ReadCheck, RefusesHeadersThatWouldChangeTheRequest) {
  for (const char* name : {"HOST", "Content-Length", "transfer-encoding", "Connection", "", "a b", "a:", "é"}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(refusals(fmt::format(R"("headers": {{"{}": "x"}})", name)), testing::SizeIs(1));
  }
  EXPECT_THAT(refusals(R"("headers": {"X": "a\r\nHost: evil"})"),
              ElementsAre("rhumb.json: /headers/X: must hold only printable ASCII"));
  EXPECT_THAT(refusals(R"("headers": {"Host": "x"})"),
              ElementsAre("rhumb.json: /headers/Host: \"host\" of the check sets it"));
  EXPECT_THAT(refusals(R"("headers": {"X-A": "1", "x-a": "2"})"),
              ElementsAre("rhumb.json: /headers/x-a: stands twice"));
}

TEST(ReadCheck, LimitsHeaders) {
  std::string headers;
  for (int i = 0; i < 33; ++i)
    headers += fmt::format("{}\"X-{}\": \"\"", i == 0 ? "" : ", ", i);
  EXPECT_THAT(refusals("\"headers\": {" + headers + "}"), ElementsAre("rhumb.json: /headers: more than 32 headers"));
  EXPECT_THAT(refusals(R"("headers": {"X": ")" + std::string(8'191, 'x') + "\"}"), IsEmpty());
  EXPECT_THAT(refusals(R"("headers": {"X": ")" + std::string(8'192, 'x') + "\"}"),
              ElementsAre("rhumb.json: /headers: more than 8192 octets"));
}

TEST(ReadCheck, RefusesWhatIsNoStatus) {
  for (const char* status : {"199", "1000", "\"200\"", "\"200-\"", "\"299-200\"", "\"100-200\"", "\"200-1000\"",
                             "\"200-299 \"", "\" 200-299\"", "\"-200\"", "\"0200-299\"", "\"200--299\"", "true"}) {
    EXPECT_THAT(refusals(fmt::format(R"("expected_status": [{}])", status)), testing::SizeIs(1)) << status;
  }
  EXPECT_THAT(
      refusals(R"("expected_status": ["299-200"])"),
      ElementsAre("rhumb.json: /expected_status/0: \"299-200\" is not a range of statuses from 200 to 999 such as "
                  "\"200-299\""));
  EXPECT_THAT(refusals(R"("expected_status": [])"),
              ElementsAre("rhumb.json: /expected_status: must name at least one status"));
}

TEST(ReadCheck, SaysWhichMembersDoNotFit) {
  EXPECT_THAT(refusals(R"("method": "HEAD", "body_contains": "ok")"),
              ElementsAre("rhumb.json: /body_contains: a response to HEAD has no body"));
  EXPECT_THAT(refusals(R"("interval": "5s", "fast_interval": "6s")"),
              ElementsAre("rhumb.json: /: fast_interval 6s is longer than interval 5s"));
  EXPECT_THAT(
      refusals(R"("timeout": "1s", "max_response_time": "1s")"),
      ElementsAre("rhumb.json: /: max_response_time 1s is not shorter than timeout 1s: no success takes so long"));
  EXPECT_THAT(refusals(R"("host": "a/b")"),
              ElementsAre("rhumb.json: /host: \"a/b\" is not a host such as \"www.example.com\" or "
                          "\"www.example.com:8080\""));
}

TEST(ReadCheck, GivesOnlyHttpWhatIsOfHttp) {
  for (const auto& [key, value] : {std::pair("path", "\"/\""),
                                   {"method", "\"GET\""},
                                   {"headers", "{}"},
                                   {"expected_status", "[200]"},
                                   {"body_contains", "\"a\""},
                                   {"body_matches", "\"a\""},
                                   {"body_limit", "1"},
                                   {"follow_redirects", "1"},
                                   {"connection", "\"keep\""},
                                   {"load", "{\"header\": \"X\"}"}}) {
    for (const char* type : {"tcp", "grpc"}) {
      EXPECT_THAT(
          read(fmt::format(R"("type": "{}", "{}": {})", type, key, value)).messages,
          ElementsAre(fmt::format("rhumb.json: /{0}: only a check of type \"http\" or \"https\" has \"{0}\"", key)));
    }
  }
}

TEST(ReadCheck, TakesWhatIsWantedOfABody) {
  const auto [check, messages] = read_http(
      R"("body_contains": "all", "body_matches": "w[e]ll", "body_limit": 1000, "load": {"json": "/a~1b/load"})");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.body_contains, "all");
  ASSERT_TRUE(check.body_matches);
  EXPECT_EQ(check.body_matches->text(), "w[e]ll");
  EXPECT_EQ(check.body_limit, 1'000U);
  EXPECT_EQ(check.load_pointer, "/a~1b/load");
  EXPECT_EQ(check.load_header, "");
  const Check usual = read_http(R"("path": "/")").check;
  EXPECT_FALSE(usual.body_matches);
  EXPECT_EQ(usual.body_limit, 65'536U);
  EXPECT_FALSE(usual.load_pointer);
}

TEST(ReadCheck, SaysWhatIsWrongWithARegularExpression) {
  EXPECT_THAT(refusals(R"("body_matches": "a(b")"),
              ElementsAre("rhumb.json: /body_matches: is no regular expression: missing ): a(b"));
  EXPECT_THAT(refusals(R"("body_matches": "")"), ElementsAre("rhumb.json: /body_matches: must have 1 to 256 octets"));
  EXPECT_THAT(refusals(R"("method": "HEAD", "body_matches": "a")"),
              ElementsAre("rhumb.json: /body_matches: a response to HEAD has no body"));
}

TEST(ReadCheck, TakesOneSourceOfTheLoad) {
  EXPECT_EQ(read_http(R"("load": {"header": "X-Load"})").check.load_header, "X-Load");
  EXPECT_EQ(read_http(R"("method": "HEAD", "load": {"header": "X-Load"})").check.load_header, "X-Load");
  EXPECT_EQ(read_http(R"("load": {"json": ""})").check.load_pointer, "");
  for (const char* load : {"{}", R"({"header": "X-Load", "json": "/load"})"}) {
    EXPECT_THAT(refusals(fmt::format(R"("load": {})", load)),
                ElementsAre("rhumb.json: /load: must have either \"header\" or \"json\""))
        << load;
  }
  EXPECT_THAT(refusals(R"("load": {"header": "a b"})"),
              ElementsAre("rhumb.json: /load/header: \"a b\" is not the name of a header"));
  EXPECT_THAT(refusals(R"("load": {"json": "load"})"),
              ElementsAre("rhumb.json: /load/json: \"load\" is not a JSON pointer such as \"/load\" (RFC 6901)"));
  EXPECT_THAT(refusals(R"("method": "HEAD", "load": {"json": "/load"})"),
              ElementsAre("rhumb.json: /load/json: a response to HEAD has no body"));
}

TEST(ReadCheck, FollowsNoRedirectAndKeepsNoConnectionUnlessToldTo) {
  const Check usual = read_http(R"("path": "/")").check;
  EXPECT_EQ(usual.follow_redirects, 0);
  EXPECT_FALSE(usual.keeps_connection);
  const auto [check, messages] = read_http(R"("follow_redirects": 10, "connection": "keep")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.follow_redirects, 10);
  EXPECT_TRUE(check.keeps_connection);
  EXPECT_FALSE(read_http(R"("connection": "new")").check.keeps_connection);
  EXPECT_THAT(refusals(R"("follow_redirects": 11)"), testing::SizeIs(1));
}

TEST(ReadCheck, TakesWhatGrpcHas) {
  const auto [check, messages] = read(R"("type": "grpc", "service": "mail.v1", "host": "mail.example.com:50051")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.type, Check::Type::grpc);
  EXPECT_EQ(check.service, "mail.v1");
  EXPECT_EQ(check.host, "mail.example.com:50051");
  EXPECT_FALSE(check.tls);
  EXPECT_TRUE(read(R"("type": "grpc", "tls": {})").check.tls);
  EXPECT_THAT(read(R"("type": "grpc", "service": "a b")").messages,
              ElementsAre("rhumb.json: /service: must hold only printable ASCII without spaces, at most 255 octets"));
  EXPECT_THAT(refusals(R"("service": "mail")"),
              ElementsAre("rhumb.json: /service: only a check of type \"grpc\" has \"service\""));
  EXPECT_THAT(read(R"("type": "tcp", "host": "a")").messages,
              ElementsAre("rhumb.json: /host: only a check of type \"http\", \"https\" or \"grpc\" has \"host\""));
}

TEST(ReadCheck, TakesTextsForTcp) {
  const auto [check, messages] = read(R"("type": "tcp", "send": "PING\r\n", "expect": "+PONG")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.send, "PING\r\n");
  EXPECT_EQ(check.expect, "+PONG");
  for (const char* key : {"send", "expect"}) {
    EXPECT_THAT(refusals(fmt::format(R"("{}": "x")", key)),
                ElementsAre(fmt::format("rhumb.json: /{0}: only a check of type \"tcp\" has \"{0}\"", key)));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1'025}}) {
      EXPECT_THAT(read(fmt::format(R"("type": "tcp", "{}": "{}")", key, std::string(size, 'x'))).messages,
                  ElementsAre(fmt::format("rhumb.json: /{}: must have 1 to 1024 octets", key)));
    }
  }
}

// A check of this type, with no port unless the members have one.
Result read_as(const std::string& type, const std::string& members, const std::filesystem::path& directory = {}) {
  Problems problems;
  const Json document = Json::parse("{\"type\": \"" + type + "\"" + (members.empty() ? "" : ", ") + members + "}");
  Result result{read_check(JsonPlace(document, "rhumb.json", problems), directory), {}};
  for (const Problem& problem : problems.all())
    result.messages.push_back(problem.to_string());
  return result;
}

TEST(ReadCheck, TakesAPingWithoutAPort) {
  const auto [check, messages] = read_as("icmp", R"("address": "192.0.2.9")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.type, Check::Type::icmp);
  EXPECT_EQ(check.port, 0);
  EXPECT_EQ(check.address, *IpAddress::parse("192.0.2.9"));
  EXPECT_THAT(read_as("icmp", R"("port": 80)").messages,
              ElementsAre("rhumb.json: /port: a check of type \"icmp\" has no \"port\""));
}

TEST(ReadCheck, TakesWhatDnsHas) {
  const auto [check, messages] = read_as("dns", R"("port": 53, "query": "WWW.example.com.", "query_type": "TXT",
    "transport": "tcp", "expected_rcode": ["NOERROR", "NXDOMAIN"], "expected_answer": "\"up\"")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.query.to_text(), "www.example.com");
  EXPECT_EQ(check.query_type, dns::type::kTxt);
  EXPECT_TRUE(check.is_over_tcp);
  EXPECT_THAT(check.expected_rcodes, ElementsAre(dns::Rcode::no_error, dns::Rcode::nx_domain));
  EXPECT_EQ(check.expected_answer, "\"up\"");
}

TEST(ReadCheck, AsksForAddressesOverUdpUnlessToldOtherwise) {
  const auto [check, messages] = read_as("dns", R"("port": 53, "query": ".")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_TRUE(check.query.is_root());
  EXPECT_EQ(check.query_type, dns::type::kA);
  EXPECT_FALSE(check.is_over_tcp);
  EXPECT_THAT(check.expected_rcodes, ElementsAre(dns::Rcode::no_error));
  EXPECT_THAT(read_as("dns", R"("port": 53, "query": ".", "expected_rcode": "REFUSED")").check.expected_rcodes,
              ElementsAre(dns::Rcode::refused));
}

TEST(ReadCheck, SaysWhatIsWrongWithAQuery) {
  EXPECT_THAT(read_as("dns", R"("port": 53)").messages, ElementsAre("rhumb.json: /: \"query\" is missing"));
  EXPECT_THAT(read_as("dns", R"("query": ".")").messages, ElementsAre("rhumb.json: /: \"port\" is missing"));
  EXPECT_THAT(read_as("dns", R"("port": 53, "query": "a..b")").messages,
              ElementsAre("rhumb.json: /query: \"a..b\" is not a name such as \"www.example.com\""));
  EXPECT_THAT(read_as("dns", R"("port": 53, "query": ".", "expected_rcode": "NXDOMIAN")").messages,
              ElementsAre(testing::HasSubstr("did you mean \"NXDOMAIN\"?")));
  EXPECT_THAT(read_as("dns", R"("port": 53, "query": ".", "expected_rcode": [])").messages,
              ElementsAre("rhumb.json: /expected_rcode: must name at least one status"));
}

TEST(ReadCheck, TakesAProgramThatIsThere) {
  const auto [check, messages] = read_as("exec", R"("command": ["/bin/sh", "-c", "exit 0"], "timeout": "1s")");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_THAT(check.command, ElementsAre("/bin/sh", "-c", "exit 0"));
  EXPECT_EQ(check.port, 0);
  EXPECT_EQ(read_as("exec", R"("command": ["/bin/true"], "port": 25)").check.port, 25);
}

TEST(ReadCheck, SaysWhyAProgramCannotBeRun) {
  const test::TemporaryDirectory directory;
  const std::string text = directory.write("text", "no program\n").string();
  const std::string top = directory.path().string();
  for (const auto& [program, complaint] :
       {std::pair<std::string, std::string>("true", "\"true\" is not an absolute path: no shell looks for it"),
        {top + "/none", top + "/none: No such file or directory"},
        {top, top + ": is not a program"},
        {text, text + ": cannot be executed: Permission denied"},
        {"", "must not be empty, nor have a zero octet"}}) {
    EXPECT_THAT(read_as("exec", fmt::format(R"("command": ["{}"])", program)).messages,
                ElementsAre("rhumb.json: /command/0: " + complaint));
  }
  EXPECT_THAT(read_as("exec", "").messages, ElementsAre("rhumb.json: /: \"command\" is missing"));
  EXPECT_THAT(read_as("exec", R"("command": [])").messages, ElementsAre("rhumb.json: /command: must name a program"));
  EXPECT_THAT(read_as("exec", R"("command": ["/bin/true", ")" + std::string(8'184, 'x') + "\"]").messages,
              ElementsAre("rhumb.json: /command: more than 8192 octets"));
}

TEST(ReadCheck, TakesReportsFromFilesOrFromOutside) {
  const auto [check, messages] =
      read_as("push", R"("ttl": "30s", "on_expiry": "unknown", "file": "up/{service}/{address}", "interval": "1s")",
              "/etc/rhumb");
  EXPECT_THAT(messages, IsEmpty());
  EXPECT_EQ(check.ttl_ms, 30'000U);
  EXPECT_FALSE(check.is_down_on_expiry);
  EXPECT_EQ(check.report_file, "/etc/rhumb/up/{service}/{address}");
  EXPECT_EQ(check.port, 0);
  EXPECT_EQ(check.rise, 1);
  EXPECT_EQ(check.fall, 1);
  const auto [without_file, nothing] = read_as("push", R"("ttl": "30s", "rise": 2)");
  EXPECT_THAT(nothing, IsEmpty());
  EXPECT_TRUE(without_file.is_down_on_expiry);
  EXPECT_TRUE(without_file.report_file.empty());
  EXPECT_EQ(without_file.rise, 2);
  EXPECT_FALSE(health::is_probed(without_file));
  EXPECT_TRUE(health::is_probed(check));
}

TEST(ReadCheck, SaysWhatIsWrongWithReports) {
  EXPECT_THAT(read_as("push", "").messages, ElementsAre("rhumb.json: /: \"ttl\" is missing"));
  EXPECT_THAT(read_as("push", R"("ttl": "9s", "file": "{adress}")").messages,
              ElementsAre("rhumb.json: /file: may have braces only in {address}, {region} and {service}"));
  EXPECT_THAT(read_as("push", R"("ttl": "9s", "timeout": "1s")").messages,
              ElementsAre("rhumb.json: /timeout: a check of type \"push\" has no \"timeout\""));
  EXPECT_THAT(
      read_as("push", R"("ttl": "9s", "interval": "1s")").messages,
      ElementsAre("rhumb.json: /interval: is how often the \"file\" of a check of type \"push\" is read; it has none"));
}

TEST(ReadCheck, GivesEachTypeOnlyWhatIsItsOwn) {
  for (const auto& [type, member] : {std::pair("dns", R"("query": ".")"),
                                     {"dns", R"("query_type": "A")"},
                                     {"dns", R"("transport": "udp")"},
                                     {"dns", R"("expected_rcode": "NOERROR")"},
                                     {"dns", R"("expected_answer": "a")"},
                                     {"exec", R"("command": ["/bin/true"])"},
                                     {"push", R"("ttl": "9s")"},
                                     {"push", R"("on_expiry": "down")"},
                                     {"push", R"("file": "a")"}}) {
    const std::string key = std::string(member).substr(1, std::string(member).find('"', 1) - 1);
    EXPECT_THAT(refusals(member),
                ElementsAre(fmt::format("rhumb.json: /{1}: only a check of type \"{0}\" has \"{1}\"", type, key)));
  }
}

TEST(ReadCheck, WantsAWindowWithRoomForTheFailures) {
  EXPECT_EQ(read_http(R"("fall": 4)").check.window, 0);
  EXPECT_EQ(read_http(R"("fall": 4, "window": 4)").check.window, 4);
  EXPECT_EQ(read_http(R"("window": 64)").check.window, 64);
  EXPECT_THAT(refusals(R"("window": 65)"), ElementsAre("rhumb.json: /window: must be a whole number from 1 to 64"));
  EXPECT_THAT(refusals(R"("fall": 4, "window": 3)"),
              ElementsAre("rhumb.json: /: window 3 is smaller than fall 4: so few results have not so many failures"));
}

class ReadTls : public testing::Test {
 protected:
  Result read_tls(const std::string& members) const {
    return read(R"("type": "https", "tls": {)" + members + "}", directory_.path());
  }

  test::TemporaryDirectory directory_;
};

constexpr const char* kData = RHUMB_TEST_DATA "/tls/";

TEST_F(ReadTls, ReadsTheFiles) {
  const auto [check, messages] = read_tls(fmt::format(
      R"("ca_file": "{0}ca.pem", "server_name": "a.example", "verify": true, "client_certificate": "{0}client.pem",
         "client_key": "{0}client.key", "expiry_warning": 30)",
      kData));
  EXPECT_THAT(messages, IsEmpty());
  ASSERT_TRUE(check.tls);
  const health::TlsSettings& settings = check.tls->settings();
  EXPECT_THAT(settings.authorities, testing::HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_THAT(settings.certificate, testing::HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_THAT(settings.key, testing::HasSubstr("PRIVATE KEY"));
  EXPECT_EQ(settings.server_name, "a.example");
  EXPECT_TRUE(settings.is_verified);
  EXPECT_EQ(settings.expiry_warning_days, 30);
}

TEST_F(ReadTls, VerifiesUnlessToldOtherwise) {
  EXPECT_TRUE(read(R"("type": "tls")").check.tls->settings().is_verified);
  EXPECT_TRUE(read_tls("").check.tls->settings().is_verified);
  EXPECT_FALSE(read_tls(R"("verify": false)").check.tls->settings().is_verified);
}

TEST_F(ReadTls, SaysWhatIsWrongWithTheFiles) {
  directory_.write("empty.pem", "");
  directory_.write("text.pem", "no certificate\n");
  directory_.write("large.pem", std::string((1 << 20) + 1, 'x'));
  const std::string top = directory_.path().string();
  for (const auto& [file, message] :
       {std::pair<std::string, std::string>("none.pem", "/ca_file: " + top + "/none.pem: No such file or directory"),
        {"empty.pem", "/ca_file: " + top + "/empty.pem: is empty"},
        {"large.pem", "/ca_file: " + top + "/large.pem: is larger than 1024 KiB"},
        {"text.pem", ": the authorities are no certificates in PEM form: no start line (PEM routines)"}}) {
    EXPECT_THAT(read_tls("\"ca_file\": \"" + file + '"').messages, ElementsAre("rhumb.json: /tls" + message));
  }
}

TEST_F(ReadTls, WantsACertificateAndItsKey) {
  EXPECT_THAT(read_tls(R"("client_key": "client.key")").messages,
              ElementsAre("rhumb.json: /tls: \"client_certificate\" and \"client_key\" go together"));
  EXPECT_THAT(
      read_tls(fmt::format(R"("client_certificate": "{0}client.key", "client_key": "{0}client.key")", kData)).messages,
      ElementsAre(testing::StartsWith("rhumb.json: /tls: the client's certificate is none in PEM form: ")));
  EXPECT_THAT(
      read_tls(fmt::format(R"("client_certificate": "{0}client.pem", "client_key": "{0}client.pem")", kData)).messages,
      ElementsAre(testing::StartsWith("rhumb.json: /tls: the client's key is none in PEM form without a ")));
}

TEST_F(ReadTls, IsOnlyForTypesWithTls) {
  for (const char* type : {"http", "tcp"}) {
    EXPECT_THAT(read(fmt::format(R"("type": "{}", "tls": {{}})", type)).messages,
                ElementsAre("rhumb.json: /tls: only a check of type \"https\", \"tls\" or \"grpc\" has \"tls\""));
  }
  EXPECT_THAT(read(R"("type": "tls", "path": "/")").messages,
              ElementsAre("rhumb.json: /path: only a check of type \"http\" or \"https\" has \"path\""));
}

}  // namespace
}  // namespace rhumb::config
