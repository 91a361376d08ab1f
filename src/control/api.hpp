// The API: which resources there are, and what becomes of a request for one. No I/O: whoever has a connection
// (control_server.hpp), or a test, asks it.
//
// The routes are a table, so that the document that describes the API (docs/openapi.json) can be compared with it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "control/administration.hpp"
#include "control/audit_log.hpp"
#include "control/caller.hpp"
#include "control/request_target.hpp"
#include "health/operations.hpp"

namespace rhumb::control {

struct ApiRequest {
  std::string method;  // "GET"
  std::string target;  // "/v1/instances?region=eu-west"
  std::string body;    // at most kRequestMax octets are read
  Caller caller;
};

struct ApiAnswer {
  int status = 0;                 // of HTTP
  std::string content_type = {};  // empty: there is no body
  std::string body = {};
  std::string allow = {};  // of a 405: the methods that the resource has
};

// {"status": 409, "title": "Conflict", "detail": …}, as RFC 9457 has it. `detail` is for people.
[[nodiscard]] ApiAnswer problem(int status, std::string_view detail);

struct ApiCall;
using ApiDone = std::function<void(ApiAnswer)>;

struct Route {
  enum class Kind : std::uint8_t {
    call,      // has an answer
    later,     // has one later
    events,    // the answer is a stream
    handover,  // the connection is given away
  };

  std::string_view method;
  std::string_view path;  // "/v1/zones/{name}": a part in braces is any that is not empty
  Role role;              // the least that may
  Kind kind = Kind::call;
  bool is_change = false;                                 // is written to the audit log
  ApiAnswer (*answer)(const ApiCall&) = nullptr;          // of Kind::call
  void (*start)(const ApiCall&, ApiDone done) = nullptr;  // of Kind::later; keeps nothing of the call
};

[[nodiscard]] std::span<const Route> routes() noexcept;

// Where a request leads. Without a route `refusal` says why.
struct Routed {
  const Route* route = nullptr;
  RequestTarget target = {};
  ApiAnswer refusal = {};
};

// What a route's function gets.
struct ApiCall {
  health::Operations& operations;
  Administration& administration;
  const ApiRequest& request;
  const RequestTarget& target;
};

class Api {
 public:
  // All must outlive it; `audit` may be null.
  Api(health::Operations& operations, Administration& administration, AuditLog* audit)
      : operations_(operations), administration_(administration), audit_(audit) {}

  // To a route that the caller may take. Takes any octets and never throws.
  [[nodiscard]] Routed route(const ApiRequest& request) const noexcept;

  // Makes the call of a route of Kind::call. Never throws: what fails, fails the answer.
  [[nodiscard]] ApiAnswer perform(const Routed& routed, const ApiRequest& request) const noexcept;
  // Starts the call of a route of Kind::later; `done` gets the answer, once, perhaps later and from another thread,
  // unless the server ends before. Never throws.
  void start(const Routed& routed, const ApiRequest& request, const ApiDone& done) const noexcept;

  // Writes a change to the audit log, as it was answered. Nothing for a route that changes nothing, or without a log.
  void record(const Route& route, const ApiRequest& request, const ApiAnswer& answer) const noexcept;

 private:
  health::Operations& operations_;
  Administration& administration_;
  AuditLog* audit_;
};

}  // namespace rhumb::control
