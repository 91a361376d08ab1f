// What is probed, and how.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/ip_address.hpp"
#include "dns/codes.hpp"
#include "dns/name.hpp"
#include "health/state_machine.hpp"

namespace rhumb::health {

class BodyPattern;
class TlsClient;

// Both ends count.
struct StatusRange {
  int first;
  int last;

  friend bool operator==(const StatusRange&, const StatusRange&) = default;
  friend bool operator<(const StatusRange& a, const StatusRange& b) {
    return std::tie(a.first, a.last) < std::tie(b.first, b.last);
  }
};

struct HeaderField {
  std::string name;   // a token (RFC 9110 §5.6.2)
  std::string value;  // printable ASCII

  friend bool operator==(const HeaderField&, const HeaderField&) = default;
  friend bool operator<(const HeaderField& a, const HeaderField& b) {
    return std::tie(a.name, a.value) < std::tie(b.name, b.value);
  }
};

struct Check {
  enum class Type : std::uint8_t {
    none,   // never probed: stays unknown, which counts as up
    http,   // up: the head of a response with an expected status, and `body_contains` in its body, within the timeout
    https,  // the same over TLS
    grpc,   // up: grpc.health.v1.Health/Check says SERVING within the timeout; over TLS if there is `tls`
    tcp,    // up: a connection, and `expect` in what comes over it, within the timeout
    tls,    // up: a TLS handshake within the timeout
    icmp,   // up: the reply to an echo request (ping) within the timeout
    dns,    // up: a response to `query` with an expected status and answer within the timeout
    exec,   // up: `command` exits with status 0 within the timeout
    push,   // up: the last report says so, and is not older than `ttl_ms`
  };

  Type type = Type::http;
  std::uint16_t port = 80;  // 0: none, if the type is icmp, exec or push
  std::string path = "/";   // http only. Sent as it is: printable ASCII without spaces, starting with '/'
  std::uint32_t interval_ms = 10'000;
  std::uint32_t timeout_ms = 2'000;  // of the whole probe, from the look-up of a name or the start of the connection
  int rise = 2;
  int fall = 3;
  // All numbers above are at least 1, except for those ports.
  int window = 0;  // that `fall` failures need not be in a row, but among so many results; 0: in a row

  // http and https only.
  enum class Method : std::uint8_t { get, head };
  Method method = Method::get;
  std::string host = {};  // the Host field, sent as it is; empty: that of the target. grpc's too
  std::vector<HeaderField> headers = {};
  std::vector<StatusRange> expected_status = {{200, 399}};  // as Route 53 counts
  std::string body_contains = {};                           // empty: nothing is searched for
  std::shared_ptr<const BodyPattern> body_matches = {};     // null: nothing is searched for
  std::uint32_t body_limit = 64 * 1024;  // so much of the body is read, for the two above and the load
  int follow_redirects = 0;              // at most so many, and only within the scheme, host and port of the check
  bool keeps_connection = false;         // for the next probe of the target
  std::string load_header = {};          // the field that tells the load; empty: none does
  std::optional<std::string> load_pointer = {};  // where it stands in a body of JSON (RFC 6901)

  std::string service = {};  // grpc only: the service that is asked about; empty: the server as a whole

  // tcp only.
  std::string send = {};    // first, as it is
  std::string expect = {};  // empty: nothing is read

  // dns only.
  dns::Name query = {};
  dns::Type query_type = dns::type::kA;
  bool is_over_tcp = false;  // at once, not only when the response over UDP is truncated
  std::vector<dns::Rcode> expected_rcodes = {dns::Rcode::no_error};
  std::string expected_answer = {};  // the data of a record in the answer, as ldns prints it; empty: any, or none

  // exec only: a program, by its absolute path, and its arguments.
  std::vector<std::string> command = {};

  // push only.
  std::uint32_t ttl_ms = 0;       // at least 1
  bool is_down_on_expiry = true;  // or nobody knows
  std::string report_file = {};   // what the reports are read from; empty: they come over the control channel

  IpAddress address = {};              // probed in place of the instance's own; 0.0.0.0: none
  IpAddress source_address = {};       // that probes leave from, if the target is of its family; 0.0.0.0: any
  std::uint32_t max_response_ms = 0;   // a success that took longer is a failure; 0: no such limit
  std::uint32_t fast_interval_ms = 0;  // while a result contradicts the state; 0: as ever

  std::shared_ptr<const TlsClient> tls = {};  // https, tls and grpc only, and never null with the former two
};

// Whether it is probed at its interval: not without a type, nor if reports come over the control channel.
[[nodiscard]] inline bool is_probed(const Check& check) noexcept {
  return check.type != Check::Type::none && (check.type != Check::Type::push || !check.report_file.empty());
}

struct Target {
  std::string name;  // for people: "www.example.com eu-west 192.0.2.20"
  IpAddress address;
  std::string
      host;  // the Host field, sent as it is, and the name of a certificate; empty stands for the address and port
  Check check;
  // Not empty: this name is resolved for each probe, and its first address probed in place of `address`.
  std::string resolved_name = {};
  std::string check_name = {};  // in the configuration; for people, and for who remembers
};

// Whether one probe answers for both: everything is equal except the name; of TLS, the settings.
[[nodiscard]] bool is_same_probe(const Target& a, const Target& b) noexcept;

[[nodiscard]] Thresholds thresholds(const Check& check) noexcept;

// What is probed: "192.0.2.20:443", "lb.example.net:443", or without a port where there is none.
[[nodiscard]] std::string probed_text(const Target& target);

// By what a target is known over a reload and a restart, which may bring other settings for the same check.
[[nodiscard]] std::string memory_key(const Target& target);

// A strict order in which targets of the same probe are equivalent.
struct ProbeOrder {
  [[nodiscard]] bool operator()(const Target& a, const Target& b) const noexcept;
};

}  // namespace rhumb::health
