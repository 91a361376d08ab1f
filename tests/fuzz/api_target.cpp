#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "control/api.hpp"
#include "control/tokens.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "fuzz/targets.hpp"
#include "support/fake_administration.hpp"
#include "support/fake_operations.hpp"

namespace rhumb::fuzz {
namespace {

using control::Role;

constexpr std::array<std::string_view, 5> kMethods = {"GET", "POST", "DELETE", "HEAD", "PUT"};

health::Status some_status() {
  health::Status status;
  status.instances = {{"www.example.com", "eu-west", "192.0.2.20"}};
  return status;
}

// "/v1/overrides?region=eu-west", the end of the line, the body.
void check_request(std::string_view method, Role role, std::string_view text) {
  test::FakeOperations operations(some_status());
  test::FakeAdministration administration;
  const control::Api api(operations, administration, nullptr);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const control::ApiRequest request{std::string(method),
                                    std::string(text.substr(0, end)),
                                    std::string(text.substr(std::min(end + 1, text.size()))),
                                    {"ada", role, "socket"}};
  const control::Routed routed = api.route(request);
  control::ApiAnswer answer = routed.refusal;
  if (routed.route != nullptr) {
    require(role >= routed.route->role, "nobody is let in who may not");
    switch (routed.route->kind) {
      case control::Route::Kind::call:
        answer = api.perform(routed, request);
        break;
      case control::Route::Kind::later:
        api.start(routed, request, [&](control::ApiAnswer given) { answer = std::move(given); });
        break;
      case control::Route::Kind::events:
      case control::Route::Kind::handover:
        return;
    }
  }
  require(answer.status >= 200 && answer.status <= 503, "it has an answer");
  // As this daemon has it: out of luck, and busy.
  const bool may_fail = routed.route != nullptr && (routed.route->path == "/v1/config" || answer.status == 503);
  require(answer.status < 500 || may_fail, "what comes does not fail a call");
  const bool has_changed = !operations.overrides().empty();
  require(!has_changed || (answer.status == 200 && role >= Role::operate), "who is refused has changed nothing");
  if (answer.content_type.ends_with("json")) {
    require(nlohmann::json::accept(answer.body), "what is called JSON is JSON");
  }
}

void check_tokens(std::string_view text) {
  const control::ReadTokens read = control::read_tokens(text);
  require((read.line == 0) == read.error.empty(), "it is taken, or it is said where it is wrong, and why");
  for (const control::Token& token : read.tokens) {
    require(token.role != Role::nobody, "a token has a role");
    require(control::is_token_name(token.name), "a name is one for logs");
  }
}

}  // namespace

void fuzz_api(Bytes input) {
  Input octets(input);
  const std::string_view method = kMethods[octets.u8() % kMethods.size()];
  const Role role = control::kRoles[octets.u8() % control::kRoles.size()];
  const std::string text(octets.rest().begin(), octets.rest().end());
  check_request(method, role, text);
  check_tokens(text);
}

}  // namespace rhumb::fuzz
