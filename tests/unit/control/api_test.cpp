#include "control/api.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/fake_administration.hpp"
#include "support/fake_operations.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Json = nlohmann::json;

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    health::Status status;
    status.probes = {{"web", "192.0.2.20:80"}};
    status.instances = {{"www.example.com", "eu-west", "192.0.2.20"}, {"www.example.com", "us-east", "192.0.2.10"}};
    status.instances[0].probes = {0};
    operations_ = std::make_unique<test::FakeOperations>(status);
  }

  [[nodiscard]] Api api() { return {*operations_, administration_, audit_ ? &*audit_ : nullptr}; }

  ApiAnswer ask(std::string_view method, std::string_view target, std::string_view body = {}, Role role = Role::admin) {
    const ApiRequest request{std::string(method), std::string(target), std::string(body), {"ada", role, "socket"}};
    Routed routed = api().route(request);
    if (routed.route == nullptr) return std::move(routed.refusal);
    if (routed.route->kind == Route::Kind::call) return api().perform(routed, request);
    EXPECT_EQ(routed.route->kind, Route::Kind::later) << target;
    ApiAnswer later;
    api().start(routed, request, [&](ApiAnswer answer) { later = std::move(answer); });
    return later;
  }
  static std::string detail(const ApiAnswer& answer) { return Json::parse(answer.body).at("detail"); }

  // From now on.
  std::filesystem::path keep_audit_log() {
    std::filesystem::path file = directory_.path() / "audit.log";
    audit_.emplace(file, [](const std::string& text) { ADD_FAILURE() << text; });
    return file;
  }

  test::TemporaryDirectory directory_;
  std::unique_ptr<test::FakeOperations> operations_;
  test::FakeAdministration administration_;
  std::optional<AuditLog> audit_;
};

TEST_F(ApiTest, MakesEveryCallOfHealth) {
  const std::string scope = R"({"region":"eu-west","service":"www.example.com","instance":"192.0.2.20"})";
  EXPECT_THAT(ask("GET", "/v1/status").body, HasSubstr("192.0.2.20"));
  const ApiAnswer given = ask("POST", "/v1/overrides", R"({"region":"eu-west","action":"drain","over":60})");
  EXPECT_EQ(given.status, 200);
  EXPECT_EQ(Json::parse(given.body), Json::parse(R"({"region":"eu-west","action":"drain","over":60.0,"owner":"ada"})"));
  EXPECT_EQ(Json::parse(ask("GET", "/v1/overrides").body)["overrides"][0]["owner"], "ada");
  EXPECT_EQ(ask("DELETE", "/v1/overrides?region=eu-west").status, 204);
  EXPECT_THAT(operations_->overrides(), IsEmpty());
  EXPECT_EQ(ask("POST", "/v1/resume", scope).status, 204);
  EXPECT_THAT(operations_->resumed(), ElementsAre(health::Scope{"eu-west", "www.example.com", "192.0.2.20"}));
  EXPECT_EQ(ask("POST", "/v1/reports",
                R"({"region":"eu-west","service":"www.example.com","instance":"192.0.2.20","state":"down"})")
                .status,
            204);
  ASSERT_THAT(operations_->reports(), SizeIs(1));
  EXPECT_EQ(operations_->reports()[0].state, health::State::down);
}

TEST_F(ApiTest, TellsInstancesOfAPartWithTheirProbes) {
  const Json all = Json::parse(ask("GET", "/v1/instances").body);
  EXPECT_THAT(all["instances"], SizeIs(2));
  EXPECT_EQ(all["instances"][0]["probes"][0]["check"], "web");
  const Json some = Json::parse(ask("GET", "/v1/instances?region=us-east&service=www.example.com").body);
  ASSERT_THAT(some["instances"], SizeIs(1));
  EXPECT_EQ(some["instances"][0]["region"], "us-east");
  EXPECT_EQ(Json::parse(ask("GET", "/v1/instances?service=other.example.com").body)["instances"], Json::array());
}

TEST_F(ApiTest, TellsARefusalForSafetyFromWhatIsNotThereAndWhatIsNotUnderstood) {
  const std::string drain = R"({"region":"eu-west","action":"drain"})";
  operations_->be_careful();
  EXPECT_EQ(ask("POST", "/v1/overrides", drain).status, 409);
  EXPECT_EQ(ask("POST", "/v1/overrides", R"({"region":"eu-west","action":"drain","force":true})").status, 200);
  const ApiAnswer nowhere = ask("POST", "/v1/overrides", R"({"region":"eu-wset","action":"drain","force":true})");
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_THAT(detail(nowhere), HasSubstr("did you mean \"eu-west\"?"));
  EXPECT_EQ(ask("POST", "/v1/overrides", "{").status, 400);
  EXPECT_EQ(ask("POST", "/v1/resume", "{}").status, 400);
  EXPECT_EQ(ask("DELETE", "/v1/overrides?region=us-east").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/overrides").status, 400);
  EXPECT_EQ(ask("DELETE", "/v1/overrides?region=eu-west&regoin=a").status, 400);
}

TEST_F(ApiTest, RefusesAQueryThatItDoesNotKnow) {
  const ApiAnswer answer = ask("GET", "/v1/instances?regoin=eu-west");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(detail(answer), "query: \"regoin\" is not known here (did you mean \"region\"?)");
}

TEST_F(ApiTest, TellsOfTheServer) {
  const Json server = Json::parse(ask("GET", "/v1/server").body);
  EXPECT_EQ(server["version"], "1.2.3");
  EXPECT_EQ(server["generation"], 3);
  EXPECT_EQ(server["last_load"]["done"], true);
  const Json zones = Json::parse(ask("GET", "/v1/zones").body);
  EXPECT_EQ(zones["zones"][0]["serial"], 7);
  EXPECT_EQ(zones["zones"][1], Json::parse(R"({"name":"example.net","loaded":false})"));
  EXPECT_EQ(Json::parse(ask("GET", "/v1/zones/example.com").body)["records"], 9);
  EXPECT_EQ(ask("GET", "/v1/zones/example.org").status, 404);
  EXPECT_EQ(Json::parse(ask("GET", "/v1/services").body)["services"][0]["pick"], "rotate");
  EXPECT_EQ(Json::parse(ask("GET", "/v1/regions").body)["regions"][0]["capacity"], 10);
  EXPECT_EQ(Json::parse(ask("GET", "/v1/decisions").body)["seconds"], 60);
  const ApiAnswer metrics = ask("GET", "/metrics");
  EXPECT_EQ(metrics.body, "rhumb_generation 3\n");
  EXPECT_THAT(metrics.content_type, HasSubstr("text/plain; version=0.0.4"));
}

TEST_F(ApiTest, TellsWhatWentWrongInACall) {
  const ApiAnswer answer = ask("GET", "/v1/config");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(detail(answer), "the call failed: out of luck");
}

TEST_F(ApiTest, TellsHowAReloadWent) {
  ApiAnswer answer;
  const auto reload = [&](const std::string& target) { answer = ask("POST", target); };
  reload("/v1/zones/example.com/reload");
  EXPECT_EQ(administration_.reloaded(), ReloadOrder{.zone = "example.com"});
  reload("/v1/reload");
  EXPECT_EQ(administration_.reloaded(), ReloadOrder{}) << "everything";
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Json::parse(answer.body)["done"], true);
  EXPECT_EQ(Json::parse(answer.body)["databases_held_back"], false);
  reload("/v1/reload?accept=databases");
  EXPECT_EQ(administration_.reloaded(), ReloadOrder{.accepts_databases = true});
  for (const char* target :
       {"/v1/reload?accept=zones", "/v1/reload?force=databases", "/v1/zones/example.com/reload?accept=databases"}) {
    reload(target);
    EXPECT_EQ(answer.status, 400) << target;
  }
  administration_.reload_with({true, {"geo.mmdb: warning: held back"}, true});
  reload("/v1/reload");
  EXPECT_EQ(Json::parse(answer.body)["databases_held_back"], true);
  administration_.reload_with({false, {"rhumb.json: /listen: oops"}});
  answer = ask("POST", "/v1/reload");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(Json::parse(answer.body)["report"][0], "rhumb.json: /listen: oops");
  EXPECT_THAT(detail(answer), HasSubstr("refused"));
}

TEST_F(ApiTest, PassesOnWhatIsToBeExplained) {
  const ApiAnswer page = ask("GET",
                             "/v1/explain?name=www.example.com&client=192.0.2.0%2F24&resolver=192.0.2.53&type=AAAA&"
                             "down=eu-west,us-east&format=text");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.content_type, HasSubstr("text/plain"));
  EXPECT_EQ(page.body, "www.example.com 192.0.2.0/24 192.0.2.53 AAAA -eu-west -us-east");
  const ApiAnswer json = ask("GET", "/v1/explain?name=a.example&client=192.0.2.1");
  EXPECT_EQ(Json::parse(json.body), Json::array({"a.example 192.0.2.1  A"})) << "its type is A if none is named";
  EXPECT_EQ(ask("GET", "/v1/explain?name=a&client=b&format=xml").status, 400);
  EXPECT_EQ(ask("GET", "/v1/explain?name=a&cleint=b").status, 400);
  const ApiAnswer refused = ask("GET", "/v1/explain?format=text");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(detail(refused), "name: none");
}

TEST_F(ApiTest, TellsWhenAnotherCallOfItsKindIsBeingMade) {
  const ApiAnswer answer = ask("POST", "/v1/zones/example.com/check");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(detail(answer), "example.com has to wait");
}

TEST_F(ApiTest, RunsTestsWithTheStatesThatAreAskedFor) {
  EXPECT_EQ(Json::parse(ask("POST", "/v1/tests/run").body)[0], "assumed");
  EXPECT_EQ(Json::parse(ask("POST", "/v1/tests/run?states=current").body)[0], "current");
  EXPECT_EQ(ask("POST", "/v1/tests/run?states=real").status, 400);
}

TEST_F(ApiTest, TakesMeasuredTimesOneByOneAndManyAtOnce) {
  EXPECT_EQ(ask("POST", "/v1/latency", R"({"network":"192.0.2.0/24","region":"eu-west","ms":23.5})").status, 204);
  EXPECT_EQ(ask("POST", "/v1/latency", R"({"samples":[{"network":"2001:db8::/48","region":"eu-west","ms":7},
                                                      {"network":"192.0.2.7","region":"eu-west","ms":8}]})")
                .status,
            204);
  const auto told = administration_.told_latencies();
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_EQ(told[0].network.to_string(), "192.0.2.0/24");
  EXPECT_EQ(told[0].rtt_ms, 23.5F);
  EXPECT_EQ(told[1].network.to_string(), "2001:db8::/48");
  EXPECT_EQ(told[2].rtt_ms, 8);
  for (const char* wrong :
       {R"({"network":"192.0.2.1/24","region":"eu-west","ms":1})",
        R"({"network":"192.0.2.0/24","region":"eu-west","ms":0})",
        R"({"network":"192.0.2.0/24","region":"eu-west","ms":60001})",
        R"({"network":"192.0.2.0/24","region":"eu-west"})", R"({"network":"192.0.2.0/24","region":"","ms":1})",
        R"({"network":"192.0.2.0/24","region":"eu-west","ms":1,"s":1})", R"({"samples":{}})", R"({"samples":[1]})"}) {
    EXPECT_EQ(ask("POST", "/v1/latency", wrong).status, 400) << wrong;
  }
  EXPECT_EQ(ask("POST", "/v1/latency", R"({"network":"192.0.2.0/24","region":"mars","ms":1})").status, 404);
  EXPECT_THAT(administration_.told_latencies(), SizeIs(3)) << "what is refused is not taken in part";
  EXPECT_EQ(detail(ask("GET", "/v1/latency?region=eu-west")), "no samples of eu-west");
}

TEST_F(ApiTest, KnowsPathsAndTheirMethods) {
  EXPECT_EQ(ask("GET", "/").status, 404);
  EXPECT_EQ(ask("GET", "/v1/statu").status, 404);
  EXPECT_EQ(ask("GET", "/v1/status/").status, 404);
  EXPECT_EQ(ask("GET", "/v1/zones/").status, 404);
  EXPECT_EQ(ask("GET", "status").status, 400);
  EXPECT_EQ(ask("GET", "/v1/status?%").status, 400);
  const ApiAnswer answer = ask("PUT", "/v1/overrides");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.allow, "GET, HEAD, POST, DELETE");
}

TEST_F(ApiTest, LetsEachRoleDoWhatItMayAndNoMore) {
  for (const Route& route : routes()) {
    SCOPED_TRACE(route.path);
    const std::string path(route.path);
    for (const Role role : kRoles) {
      const ApiRequest request{std::string(route.method), path, {}, {"ada", role, "socket"}};
      const Routed routed = api().route(request);
      if (role >= route.role) {
        EXPECT_EQ(routed.route, &route);
      } else {
        EXPECT_EQ(routed.route, nullptr);
        EXPECT_EQ(routed.refusal.status, role == Role::nobody ? 401 : 403);
      }
    }
  }
}

TEST_F(ApiTest, LetsNobodyChangeAnythingWhoMayOnlyRead) {
  for (const Route& route : routes())
    EXPECT_TRUE(route.method == "GET" || route.role > Role::read) << route.path;
}

TEST_F(ApiTest, WritesEveryChangeDownWithWhatCameOfIt) {
  const auto file = keep_audit_log();
  const std::string drain = R"({"region":"eu-west","action":"drain"})";
  ask("GET", "/v1/overrides");
  ask("POST", "/v1/overrides", drain);
  ask("DELETE", "/v1/overrides?region=us-east");
  ask("POST", "/v1/overrides", drain, Role::read);
  ask("POST", "/v1/overrides", drain, Role::nobody);
  std::ifstream stream(file);
  std::vector<Json> lines;
  for (std::string line; std::getline(stream, line);)
    lines.push_back(Json::parse(line));
  ASSERT_THAT(lines, SizeIs(3)) << "what is only read, and what comes from nobody knows whom, is not in it";
  EXPECT_EQ(lines[0]["who"], "ada");
  EXPECT_EQ(lines[0]["role"], "admin");
  EXPECT_EQ(lines[0]["method"], "POST");
  EXPECT_EQ(lines[0]["path"], "/v1/overrides");
  EXPECT_EQ(lines[0]["body"]["action"], "drain");
  EXPECT_EQ(lines[0]["outcome"], 200);
  EXPECT_FALSE(lines[0].contains("reason"));
  EXPECT_EQ(lines[1]["path"], "/v1/overrides?region=us-east");
  EXPECT_EQ(lines[1]["outcome"], 404);
  EXPECT_EQ(lines[1]["reason"], "there is no override on us-east");
  EXPECT_EQ(lines[2]["outcome"], 403);
}

}  // namespace
}  // namespace rhumb::control
