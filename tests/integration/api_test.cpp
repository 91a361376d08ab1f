// The API of a running server, and the document that describes it.
#include "control/api.hpp"

#include <csignal>
#include <fstream>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "control/request_target.hpp"
#include "control/tokens.hpp"
#include "health_world.hpp"
#include "support/http_client.hpp"
#include "support/loopback.hpp"
#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Document = nlohmann::json;

const Document& api_document() {
  static const Document document = Document::parse(read_file(RHUMB_TEST_DATA "/../../docs/openapi.json"));
  return document;
}

// Why `body` is not as `schema`, which stands in the document, says; empty: it is.
std::string complaint_of(const Document& schema, const Document& body) {
  // References lead into the whole document: it stands around the schema.
  Document whole{{"allOf", {schema}}, {"components", api_document()["components"]}};
  valijson::Schema parsed;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(whole), parsed);
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(parsed, valijson::adapters::NlohmannJsonAdapter(body), &results)) return {};
  std::string complaint;
  for (valijson::ValidationResults::Error error; results.popError(error);)
    complaint += error.description + "\n";
  return complaint + body.dump(2);
}

class Api : public testing::Test {
 protected:
  Api() {
    world_.config["control"]["socket"] = "control.sock";
    world_.config["control"]["audit_log"] = "audit.log";
    world_.config["health"]["state_file"] = "rhumb.state";
    world_.play_well_everywhere();
  }

  // Starts the server with the API over TCP as well, and a token for each role.
  void serve_http() {
    std::string lines;
    for (const control::Role role : {control::Role::read, control::Role::operate, control::Role::admin}) {
      tokens_.push_back(control::new_token());
      lines += control::token_line(role, to_text(role), tokens_.back()) + "\n";
    }
    world_.write("tokens", lines);
    std::filesystem::permissions(world_.path() / "tokens", std::filesystem::perms::owner_read);
    http_ = {loopback(1), free_port({loopback(1)})};
    world_.config["control"]["http"] = {{"listen", http_.to_string()}, {"tokens_file", "tokens"}};
    world_.serve();
  }
  [[nodiscard]] std::string bearer(control::Role role) const {
    return "Authorization: Bearer " + tokens_.at(static_cast<std::size_t>(role) - 1) + "\r\n";
  }

  HttpReply ask(std::string_view method, std::string_view target, std::string_view body = {}) const {
    HttpClient client(socket());
    return client.ask(method, target, body);
  }
  [[nodiscard]] std::filesystem::path socket() const { return world_.path() / "control.sock"; }
  [[nodiscard]] Finished command(std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", "rhumb.json"});
    return run_rhumb(world_.path(), words);
  }
  [[nodiscard]] std::vector<std::string> paris() const {
    return world_.addresses({.name = "www.example.com", .client = kParis});
  }

  // Asks, and holds the answer to what the document says of it.
  HttpReply expect_as_described(const std::string& method, const std::string& path, const std::string& target,
                                const std::string& body = {}) const {
    SCOPED_TRACE(method + " " + target);
    std::string key = method;
    std::ranges::transform(key, key.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const Document& operation = api_document().at("paths").at(path).at(key);
    if (!body.empty()) {
      const Document& schema = operation.at("requestBody").at("content").at("application/json").at("schema");
      EXPECT_EQ(complaint_of(schema, Document::parse(body)), "");
    }
    HttpReply reply = ask(method, target, body);
    const Document responses = operation.at("responses");
    const auto described = responses.find(std::to_string(reply.status));
    if (described == responses.end()) {
      ADD_FAILURE() << "status " << reply.status << " is not described: " << reply.body;
      return reply;
    }
    Document response = *described;
    if (response.contains("$ref")) response = api_document().at("components").at("responses").at("Problem");
    const std::string type = reply.field("content-type").substr(0, reply.field("content-type").find(';'));
    if (!response.contains("content")) {
      EXPECT_EQ(type, "");
      return reply;
    }
    EXPECT_TRUE(response["content"].contains(type)) << type;
    if (type.ends_with("json")) {
      EXPECT_EQ(complaint_of(response["content"][type]["schema"], Document::parse(reply.body)), "");
    }
    return reply;
  }

  HealthWorld world_;
  Endpoint http_;
  std::vector<std::string> tokens_;  // of read, operate and admin
};

TEST(ApiDocument, HasEveryRouteOfTheServerAndNoOther) {
  std::set<std::string> of_server;
  for (const control::Route& route : control::routes()) {
    std::string method(route.method);
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    of_server.insert(method + " " + std::string(route.path));
    const Document& operation = api_document()["paths"][std::string(route.path)][method];
    EXPECT_EQ(operation["description"], fmt::format("Needs the role {}.", to_text(route.role))) << route.path;
  }
  std::set<std::string> of_document;
  for (const auto& [path, methods] : api_document()["paths"].items()) {
    for (const auto& [method, operation] : methods.items())
      of_document.insert(method + " " + path);
  }
  EXPECT_EQ(of_document, of_server);
}

TEST(ApiDocument, WouldFindAnAnswerThatIsOtherwise) {
  const Document schema = {{"$ref", "#/components/schemas/Zone"}};
  EXPECT_EQ(complaint_of(schema, {{"name", "example.com"}, {"loaded", true}}), "");
  EXPECT_NE(complaint_of(schema, {{"name", "example.com"}}), "");
  EXPECT_NE(complaint_of(schema, {{"name", "example.com"}, {"loaded", true}, {"more", 1}}), "");
}

TEST_F(Api, AnswersAsTheDocumentSays) {
  world_.write("zones/broken.example.zone", "@ SOA\n");
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  const std::string address = HealthWorld::address(kInEuWest);
  const auto get = [&](const std::string& path) { return expect_as_described("GET", path, path); };
  EXPECT_EQ(
      expect_as_described("POST", "/v1/overrides", "/v1/overrides",
                          R"({"region":"eu-west","action":"drain","reason":"disks","until":"2099-01-01T00:00:00Z"})")
          .status,
      200);
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInUsEast))) << "from when it is answered";
  EXPECT_THAT(get("/v1/status").body, HasSubstr("disks"));
  EXPECT_THAT(get("/v1/overrides").body, HasSubstr("disks"));
  EXPECT_THAT(get("/v1/instances").body, HasSubstr(address));
  EXPECT_THAT(get("/v1/server").body, HasSubstr("\"generation\":1"));
  EXPECT_THAT(get("/v1/zones").body, HasSubstr("{\"name\":\"broken.example\",\"loaded\":false}"));
  EXPECT_THAT(get("/v1/services").body, HasSubstr("www.example.com"));
  EXPECT_THAT(get("/v1/regions").body, HasSubstr("eu-west"));
  EXPECT_THAT(get("/v1/config").body, HasSubstr("control.sock"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("rhumb_build_info{version="));
  EXPECT_THAT(expect_as_described("GET", "/v1/zones/{name}", "/v1/zones/EXAMPLE.com.").body, HasSubstr("\"serial\":1"));
  EXPECT_EQ(expect_as_described("GET", "/v1/zones/{name}", "/v1/zones/example.org").status, 404);
  EXPECT_EQ(expect_as_described("GET", "/v1/instances", "/v1/instances?regoin=a").status, 400);
  EXPECT_EQ(expect_as_described("DELETE", "/v1/overrides", "/v1/overrides?region=eu-west").status, 204);
  EXPECT_EQ(expect_as_described("DELETE", "/v1/overrides", "/v1/overrides?region=eu-west").status, 404);
  const std::string scope = fmt::format(R"("region":"eu-west","service":"www.example.com","instance":"{}")", address);
  EXPECT_EQ(expect_as_described("POST", "/v1/resume", "/v1/resume", "{" + scope + "}").status, 409) << "none waits";
  EXPECT_EQ(expect_as_described("POST", "/v1/reports", "/v1/reports", "{" + scope + R"(,"state":"up"})").status, 409)
      << "it has no check of type push";
  EXPECT_EQ(expect_as_described("POST", "/v1/reload", "/v1/reload").status, 200);
  EXPECT_THAT(get("/v1/server").body, HasSubstr("\"generation\":2"));
  EXPECT_EQ(expect_as_described("POST", "/v1/zones/{name}/reload", "/v1/zones/EXAMPLE.com./reload").status, 200);
  EXPECT_EQ(expect_as_described("POST", "/v1/zones/{name}/reload", "/v1/zones/example.org/reload").status, 409);
  EXPECT_EQ(expect_as_described("POST", "/v1/handover", "/v1/handover").status, 426);
}

TEST_F(Api, ExplainsWhatAClientGetsNow) {
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  world_.wait_for_probes(kInEuWest, 4);  // when one is made, those before it have been judged: it is up
  const std::string target = fmt::format("/v1/explain?name=www.example.com&client={}", control::escape(kParis));
  const auto explain = [&](const std::string& more) {
    const HttpReply reply = expect_as_described("GET", "/v1/explain", target + more);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.body;
  };
  const auto picked = [](const Document& explained) {
    for (const Document& region : explained["steering"]["ranking"]) {
      if (region["picked"]) return region;
    }
    return Document();
  };
  const Document before = picked(Document::parse(explain("")));
  EXPECT_EQ(before["region"], "eu-west");
  EXPECT_EQ(before["instances"][0]["state"], "up");
  EXPECT_EQ(before["instances"][0]["standing"], "serving");
  EXPECT_THAT(before["instances"][0]["evidence"], HasSubstr("HTTP 200"));
  EXPECT_EQ(picked(Document::parse(explain("&down=eu-west,ap-southeast")))["region"], "us-east");
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInEuWest))) << "that was an assumption";

  ASSERT_EQ(command({"drain", "eu-west"}).exit, "status 0");
  const Document drained = Document::parse(explain(""));
  EXPECT_EQ(picked(drained)["region"], "us-east");
  EXPECT_EQ(drained["steering"]["ranking"][0]["instances"][0]["standing"], "drained");
  EXPECT_THAT(explain("&format=text"), HasSubstr("up, drained: HTTP 200"));
  EXPECT_THAT(explain("&format=text"),
              HasSubstr("us-east is the nearest region of those that have a healthy instance"));

  const auto refused = [&](const std::string& query) {
    const HttpReply reply = expect_as_described("GET", "/v1/explain", "/v1/explain?" + query);
    EXPECT_EQ(reply.status, 400);
    return std::string(Document::parse(reply.body)["detail"]);
  };
  EXPECT_THAT(refused("name=www.example.com"), HasSubstr("client: \"\" is not an IP address"));
  EXPECT_THAT(refused("name=www.example.com&client=192.0.2.1&type=AAAAA"), HasSubstr("is not a record type"));
  EXPECT_THAT(refused("name=www.example.com&client=192.0.2.1&down=eu-wset"), HasSubstr("did you mean \"eu-west\"?"));
}

TEST_F(Api, ExplainsForACommandOverTheSocketAndOverHttp) {
  serve_http();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  ASSERT_EQ(command({"drain", "eu-west"}).exit, "status 0");
  const Finished page = command({"explain", "www.example.com", kParis, "--running"});
  EXPECT_EQ(page.exit, "status 0") << page.errors;
  EXPECT_THAT(page.output, HasSubstr("up, drained"));
  EXPECT_THAT(page.output, testing::Not(HasSubstr("No server was asked")));
  world_.write("read.token", tokens_.at(0) + "\n");
  const Finished json = run_rhumb(world_.path(), {"explain", "www.example.com", kParis, "--json", "--server",
                                                  "http://" + http_.to_string(), "--token-file", "read.token"});
  EXPECT_EQ(json.exit, "status 0") << json.errors;
  EXPECT_THAT(Document::parse(json.output)["answer"][0], HasSubstr(HealthWorld::address(kInUsEast)));
  const Finished refused = command({"explain", "www..com", kParis, "--running"});
  EXPECT_EQ(refused.exit, "status 1");
  EXPECT_THAT(refused.errors, HasSubstr("name: \"www..com\" is not a domain name"));
}

TEST_F(Api, DoesEverythingForCommandsOverHttpToo) {
  serve_http();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  world_.write("admin.token", tokens_.at(2) + " admin\n");
  const auto remotely = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--server", "http://" + http_.to_string() + "/", "--token-file", "admin.token"});
    return run_rhumb(world_.path(), words);
  };
  EXPECT_THAT(remotely({"status"}).output, HasSubstr("www.example.com"));
  const Finished drained = remotely({"drain", "eu-west", "--reason", "disks"});
  EXPECT_EQ(drained.exit, "status 0") << drained.errors;
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInUsEast)));
  EXPECT_EQ(remotely({"undrain", "eu-west"}).exit, "status 0");
  EXPECT_EQ(remotely({"force", "down", "eu-west"}).exit, "status 0");
  EXPECT_EQ(remotely({"undrain", "eu-west"}).exit, "status 0");
  EXPECT_THAT(remotely({"reload"}).output, testing::EndsWith("reloaded\n"));
  const Finished tokenless = run_rhumb(world_.path(), {"drain", "eu-west", "--server", "http://" + http_.to_string()});
  EXPECT_EQ(tokenless.exit, "status 1");
  EXPECT_THAT(tokenless.errors, HasSubstr("--token-file"));
  EXPECT_THAT(run_rhumb(world_.path(), {"status", "--server", "ns1.example.com"}).errors,
              HasSubstr("is not a URL such as https://"));
}

TEST_F(Api, ChecksAZoneAsideWithoutServingIt) {
  world_.serve();
  const auto check = [&](const std::string& zone) {
    const HttpReply reply =
        expect_as_described("POST", "/v1/zones/{name}/check", fmt::format("/v1/zones/{}/check", zone));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Document::parse(reply.body);
  };
  EXPECT_EQ(check("example.com")["changes"], Document::array());
  world_.write("zones/new.example.zone", "@ 60 SOA ns1 host 7 1 1 1 1\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n");
  const Document fresh = check("NEW.example.");
  EXPECT_EQ(fresh["loadable"], true);
  EXPECT_EQ(fresh["changes"][0], "zone new.example: new, serial 7, 3 records");
  EXPECT_EQ(ask("GET", "/v1/zones/new.example").status, 404) << "it is not served";
  world_.write("zones/new.example.zone", "@ 60 SOA ns1 host 7 1 1 1 1\n@ 60 NS ns1\nns1 60 A 192.0.2\n");
  const Document broken = check("new.example");
  EXPECT_EQ(broken["loadable"], false);
  EXPECT_EQ(broken["problems"][0]["severity"], "error");
  EXPECT_THAT(broken["problems"][0]["place"], HasSubstr("new.example.zone:3"));
  const Finished refused = command({"reload", "new.example", "--dry-run"});
  EXPECT_EQ(refused.exit, "status 1");
  EXPECT_THAT(refused.output, HasSubstr("new.example.zone:3: "));
  EXPECT_EQ(command({"reload", "example.com", "--dry-run"}).output, "nothing would change\n");
  EXPECT_THAT(check("example.org")["problems"][0]["message"], HasSubstr("no file of zone example.org"));
  EXPECT_EQ(expect_as_described("POST", "/v1/zones/{name}/check", "/v1/zones/a..b/check").status, 400);
}

TEST_F(Api, RunsTheConfigurationsTestsOnWhatIsServed) {
  world_.write("routes.test.json", R"({"tests": [
    {"client": "203.0.113.9", "query": "www.example.com", "expect": {"regions": ["eu-west"]}},
    {"client": "203.0.113.9", "query": "www.example.com", "down": ["eu-west"], "expect": {"regions": ["us-east"]}}]})");
  world_.serve();
  const auto run = [&](const std::string& query) {
    return expect_as_described("POST", "/v1/tests/run", "/v1/tests/run" + query);
  };
  EXPECT_THAT(run("").body, HasSubstr("\\\"assertions\\\" names their file")) << "there are none";
  world_.config["assertions"] = "routes.test.json";
  world_.reload();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  EXPECT_EQ(Document::parse(run("").body)["passed"], 2);
  ASSERT_EQ(command({"drain", "eu-west"}).exit, "status 0");
  EXPECT_EQ(Document::parse(run("").body)["passed"], 2) << "with nothing down but what a test assumes";
  const Document current = Document::parse(run("?states=current").body);
  EXPECT_EQ(current["failed"], 1);
  EXPECT_EQ(command({"test", "--running"}).output, "2 of 2 passed\n");
  const Finished failed = command({"test", "--running", "--current"});
  EXPECT_EQ(failed.exit, "status 1");
  EXPECT_THAT(failed.output, HasSubstr("expected a region of eu-west, came us-east\n1 of 2 passed\n"));
  EXPECT_EQ(current["tests"][0]["failures"][0]["came"], "us-east");
  EXPECT_EQ(current["tests"][0]["decision"]["steering"]["ranking"][0]["instances"][0]["standing"], "drained");
}

TEST_F(Api, OrdersByTimesThatItIsToldAndStillKnowsThemAfterARestart) {
  world_.config["services"]["www.example.com"]["steering"]["order"] = "latency";
  world_.serve();
  const std::string sample = fmt::format(R"({{"network": "{}", "region": "ap-southeast", "ms": 5}})", kParis);
  const auto tell = [&](const std::string& body) {
    return expect_as_described("POST", "/v1/latency", "/v1/latency", body).status;
  };
  EXPECT_EQ(tell(sample), 409) << "none are kept";
  EXPECT_EQ(expect_as_described("GET", "/v1/latency", "/v1/latency").status, 409);

  world_.config["latency"] = {{"min_samples", 2}, {"samples", {{"file", "latency.samples"}, {"settle", "1s"}}}};
  world_.reload();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  EXPECT_EQ(tell(sample), 204);
  EXPECT_EQ(tell(R"({"samples": [)" + sample + "," + sample + "]}"), 204);
  // A region of which nothing is measured would count with a guess.
  const std::string nearer = R"({"network": "203.0.113.7", "region": "eu-west", "ms": 90})";
  EXPECT_EQ(tell(R"({"samples": [)" + nearer + "," + nearer + "]}"), 204);
  EXPECT_EQ(tell(R"({"network": "203.0.113.0/24", "region": "mars", "ms": 5})"), 404);
  EXPECT_EQ(tell(R"({"network": "203.0.113.0/33", "region": "eu-west", "ms": 5})"), 400);
  EXPECT_TRUE(world_.comes_to(kParis, kInApSoutheast));
  const auto known = [&] {
    return Document::parse(
        expect_as_described("GET", "/v1/latency", "/v1/latency?region=ap-southeast").body)["samples"];
  };
  ASSERT_EQ(known().size(), 1U);
  EXPECT_EQ(known()[0]["network"], kParis);
  EXPECT_EQ(known()[0]["samples"], 3);
  EXPECT_EQ(known()[0]["ms"], 5);

  world_.rhumb().signal(SIGTERM);
  EXPECT_EQ(world_.rhumb().wait_for_exit(), "status 0");
  world_.serve();
  EXPECT_EQ(known()[0]["samples"], 3);
  EXPECT_TRUE(world_.comes_to(kParis, kInApSoutheast));
}

TEST_F(Api, TellsHowManyAnswersEachServiceGives) {
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  // They are counted from when it says so, which is after the first answers.
  while (!Document::parse(ask("GET", "/v1/decisions").body).contains("services"))
    std::this_thread::yield();
  for (int i = 0; i < 20; ++i)
    static_cast<void>(paris());
  const Document decisions = Document::parse(expect_as_described("GET", "/v1/decisions", "/v1/decisions").body);
  ASSERT_EQ(decisions["services"].size(), 1U);
  const Document& service = decisions["services"][0];
  EXPECT_EQ(service["service"], "www.example.com");
  const auto region =
      std::ranges::find_if(service["regions"], [](const Document& of) { return of["region"] == "eu-west"; });
  ASSERT_NE(region, service["regions"].end());
  const double seconds = decisions["seconds"];
  EXPECT_GE((*region)["per_second"].get<double>() * seconds, 19.5);
  EXPECT_GE(service["per_second"].get<double>(), (*region)["per_second"].get<double>());
  EXPECT_FALSE(decisions.contains("countries"));
}

TEST_F(Api, TellsTheCountriesOfThoseWhoAreAnsweredIfTheyAreCounted) {
  world_.config["count_countries"] = true;
  world_.config["threads"] = 1;  // each looks into every 256th of its own
  world_.serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  const auto told = [this] {
    return Document::parse(expect_as_described("GET", "/v1/decisions", "/v1/decisions").body);
  };
  while (!Document::parse(ask("GET", "/v1/decisions").body).contains("sampled"))
    std::this_thread::yield();
  EXPECT_EQ(told()["sampled"], 256);
  for (int i = 0; i < 256; ++i)
    static_cast<void>(paris());
  const Document decisions = told();
  ASSERT_EQ(decisions["countries"].size(), 1U);
  EXPECT_EQ(decisions["countries"][0]["country"], "FR");
  EXPECT_GT(decisions["countries"][0]["per_second"].get<double>(), 0);
}

TEST_F(Api, SaysInTheReportWhatOnlyARestartChanges) {
  world_.serve();
  world_.config["threads"] = 7;
  world_.write_config();
  EXPECT_THAT(command({"reload"}).output, HasSubstr("take effect at the next start"));
}

TEST_F(Api, ReloadsForACommandAndTellsItWhatIsWrong) {
  world_.serve();
  world_.write("zones/new.example.zone", "@ 60 SOA ns1 host 1 1 1 1 1\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n");
  const Finished done = command({"reload"});
  EXPECT_EQ(done.exit, "status 0") << done.errors;
  EXPECT_THAT(done.output, testing::EndsWith("reloaded\n"));
  EXPECT_EQ(world_.addresses({.name = "ns1.new.example"}), std::vector<std::string>{"192.0.2.1"}) << "at once";

  world_.write("zones/new.example.zone", "@ 60 SOA ns1 host 2 1 1 1 1\n@ 60 NS ns1\nns1 60 A 192.0.2.2\n");
  const Finished zone = command({"reload", "new.example"});
  EXPECT_EQ(zone.exit, "status 0") << zone.errors;
  EXPECT_EQ(zone.output, "zone new.example: serial 1 → 2, 1 RRset changed\nreloaded\n");
  const Finished unknown = command({"reload", "example.org"});
  EXPECT_EQ(unknown.exit, "status 1");
  EXPECT_THAT(unknown.output, HasSubstr("zone example.org is not served"));

  world_.config["services"]["www.example.com"]["ttl"] = -1;
  world_.write_config();
  const Finished refused = command({"reload"});
  EXPECT_EQ(refused.exit, "status 1");
  EXPECT_THAT(refused.output, HasSubstr("rhumb.json: /services/www.example.com/ttl"));
  EXPECT_THAT(refused.errors, HasSubstr("rhumb reload: refused"));
  EXPECT_TRUE(world_.is_answering());
  EXPECT_THAT(ask("GET", "/v1/server").body, HasSubstr("\"generation\":3"));
}

TEST_F(Api, LetsTokensDoOverTcpWhatTheyMayAndWritesItDown) {
  serve_http();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  HttpClient client(http_);
  const std::string drain = R"({"region":"eu-west","action":"drain"})";
  EXPECT_EQ(client.ask("GET", "/v1/status").status, 200);
  EXPECT_EQ(client.ask("POST", "/v1/overrides", drain).status, 403);
  EXPECT_EQ(client.ask("POST", "/v1/overrides", drain, bearer(control::Role::read)).status, 403);
  EXPECT_EQ(client.ask("POST", "/v1/overrides", drain, "Authorization: Bearer x\r\n").status, 401);
  EXPECT_EQ(client.ask("POST", "/v1/overrides", drain, bearer(control::Role::operate)).status, 200);
  EXPECT_THAT(paris(), ElementsAre(HealthWorld::address(kInUsEast)));
  EXPECT_EQ(client.ask("POST", "/v1/reload", {}, bearer(control::Role::operate)).status, 403);
  EXPECT_EQ(client.ask("POST", "/v1/reload", {}, bearer(control::Role::admin)).status, 200);

  std::vector<std::string> written;
  std::ifstream stream(world_.path() / "audit.log");
  for (std::string line; std::getline(stream, line);) {
    const Document entry = Document::parse(line);
    written.push_back(fmt::format("{} {} {}", entry["who"].get<std::string>(), entry["path"].get<std::string>(),
                                  entry["outcome"].get<int>()));
  }
  EXPECT_THAT(written, ElementsAre(" /v1/overrides 403", "read /v1/overrides 403", "operate /v1/overrides 200",
                                   "operate /v1/reload 403", "admin /v1/reload 200"));
}

TEST_F(Api, ForgetsATokenThatIsTakenOutWithAReload) {
  serve_http();
  HttpClient client(http_);
  EXPECT_EQ(client.ask("GET", "/v1/status", {}, bearer(control::Role::read)).status, 200);
  std::filesystem::permissions(world_.path() / "tokens", std::filesystem::perms::owner_write);
  world_.write("tokens", "# nobody\n");
  world_.reload();
  EXPECT_EQ(client.ask("GET", "/v1/status", {}, bearer(control::Role::read)).status, 401);
}

// Python's TLS: not ours.
TEST_F(Api, SpeaksTls) {
  ChildProcess openssl(
      world_.path(), {"/usr/bin/env", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=rhumb", "-addext",
                      "subjectAltName=DNS:localhost,IP:" + loopback(1).to_string()});
  ASSERT_EQ(openssl.wait_for_exit(), "status 0") << openssl.log();
  http_ = {loopback(1), free_port({loopback(1)})};
  world_.config["control"]["http"] = {{"listen", http_.to_string()},
                                      {"tls", {{"certificate", "cert.pem"}, {"key", "key.pem"}}}};
  world_.serve();
  ChildProcess python(
      world_.path(),
      {"/usr/bin/env", "python3", "-c",
       fmt::format("import ssl, urllib.request\n"
                   "context = ssl.create_default_context(cafile='cert.pem')\n"
                   "for _ in range(2):\n"
                   "    with urllib.request.urlopen('https://{}/v1/regions', context=context) as reply:\n"
                   "        print(reply.status, reply.read().decode())\n",
                   http_.to_string())});
  EXPECT_EQ(python.wait_for_exit(), "status 0") << python.log();
  EXPECT_THAT(python.output(), HasSubstr("200 {\"regions\":"));
  EXPECT_EQ(HttpClient(http_).ask("GET", "/v1/regions").status, 0) << "not without TLS";
}

TEST_F(Api, TellsWhatHappensToWhoListens) {
  world_.serve();
  HttpClient client(socket());
  client.send(HttpClient::request("GET", "/v1/events"));
  ASSERT_EQ(client.receive().status, 200);
  ASSERT_TRUE(client.receive_until("\n\n"));
  ASSERT_EQ(command({"drain", "us-east", "--reason", "disks"}).exit, "status 0");
  std::string text;
  while (text.find("override_set") == std::string::npos) {
    const auto event = client.receive_until("\n\n");
    ASSERT_TRUE(event) << "the last: " << text;
    text = *event;
  }
  EXPECT_THAT(text, testing::StartsWith("event: override_set\ndata: {"));
  EXPECT_EQ(Document::parse(text.substr(text.find('{')))["region"], "us-east");
}

// Four hundred who begin a request and never end it, and garbage meanwhile, on both listeners.
TEST_F(Api, AnswersQueriesHoweverHostileItsClientsAre) {
  constexpr std::size_t kHostile = 200;
  constexpr std::size_t kMemoryMax = 64 * 1'024 * 1'024;
  serve_http();
  const std::size_t memory_before = world_.rhumb().resident_size();
  std::mt19937 random(7);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (std::size_t i = 0; i < kHostile; ++i) {
    clients.push_back(std::make_unique<HttpClient>(socket()));
    clients.back()->send("POST /v1/overrides HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n{");
    clients.push_back(std::make_unique<HttpClient>(http_));
    clients.back()->send("GET /v1/sta");
    HttpClient garbage(http_);
    std::string octets(20'000, '\0');
    for (char& octet : octets)
      octet = static_cast<char>(random());
    garbage.send(octets);
    for (const auto& client : clients)
      client->send("x");
    EXPECT_FALSE(world_.ask({.name = "static.example.com"}).answer.empty()) << i;
  }
  EXPECT_EQ(ask("GET", "/v1/server").status, 200);
  HttpClient client(http_);
  EXPECT_EQ(client.ask("GET", "/v1/server").status, 200);
  EXPECT_LT(world_.rhumb().resident_size(), memory_before + kMemoryMax);
}

}  // namespace
}  // namespace rhumb::test
