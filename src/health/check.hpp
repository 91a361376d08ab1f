// What is probed, and how.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/ip_address.hpp"

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
  };

  Type type = Type::http;
  std::uint16_t port = 80;
  std::string path = "/";  // http only. Sent as it is: printable ASCII without spaces, starting with '/'
  std::uint32_t interval_ms = 10'000;
  std::uint32_t timeout_ms = 2'000;  // of the whole probe, from the look-up of a name or the start of the connection
  int rise = 2;
  int fall = 3;
  // All numbers above are at least 1.

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

  IpAddress source_address = {};       // that probes leave from, if the target is of its family; 0.0.0.0: any
  std::uint32_t max_response_ms = 0;   // a success that took longer is a failure; 0: no such limit
  std::uint32_t fast_interval_ms = 0;  // while a result contradicts the state; 0: as ever

  std::shared_ptr<const TlsClient> tls = {};  // https, tls and grpc only, and never null with the former two
};

struct Target {
  std::string name;  // for people: "www.example.com eu-west 192.0.2.20"
  IpAddress address;
  std::string
      host;  // the Host field, sent as it is, and the name of a certificate; empty stands for the address and port
  Check check;
  // Not empty: this name is resolved for each probe, and its first address probed in place of `address`.
  std::string resolved_name = {};
};

// Whether one probe answers for both: everything is equal except the name; of TLS, the settings.
[[nodiscard]] bool is_same_probe(const Target& a, const Target& b) noexcept;

// A strict order in which targets of the same probe are equivalent.
struct ProbeOrder {
  [[nodiscard]] bool operator()(const Target& a, const Target& b) const noexcept;
};

}  // namespace rhumb::health
