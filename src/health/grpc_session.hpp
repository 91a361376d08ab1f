// One call of grpc.health.v1.Health/Check, as a client: octets in, octets out, a verdict. No socket.
//
// nghttp2 speaks HTTP/2; the two messages are so small (one text there, one number back) that they are written and read
// here by hand. What the other side may send is bounded in all: nghttp2 answers every PING and SETTINGS, and a few
// octets of HPACK can stand for thousands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rhumb::health {

// All that a server sends on the connection. An answer is some 200 octets.
inline constexpr std::size_t kGrpcReceivedMax = 64 * 1024;
// Names and values of all fields, decoded: what servers of gRPC take themselves by default is 8 to 16 KiB.
inline constexpr std::size_t kGrpcFieldsMax = 16 * 1024;
// A HealthCheckResponse has two octets, and more only if a later version says more.
inline constexpr std::size_t kGrpcMessageMax = 4 * 1024;

struct GrpcCall {
  std::string authority;  // "www.example.com:50051"
  std::string service;    // that is asked about; empty: the server as a whole
  bool is_secured = false;
};

class GrpcSession {
 public:
  enum class Progress { incomplete, serving, failed };

  // Throws nothing but std::bad_alloc, as all of this.
  explicit GrpcSession(const GrpcCall& call);
  ~GrpcSession();
  GrpcSession(const GrpcSession&) = delete;
  GrpcSession& operator=(const GrpcSession&) = delete;

  // What is to be sent now, in order; each octet is returned once. After construction, and after each received().
  [[nodiscard]] std::string take_output();

  // What has come. Not after a verdict.
  void received(std::string_view octets);
  // Nothing more will come. Not after a verdict.
  void closed();

  [[nodiscard]] Progress progress() const noexcept;
  // Once failed: "NOT_SERVING", "grpc-status 12 UNIMPLEMENTED: unknown service", "HTTP 404"; printable ASCII.
  [[nodiscard]] const std::string& problem() const noexcept;

 private:
  class Call;
  std::unique_ptr<Call> call_;
};

// The name of a status of gRPC, 0 to 16: "OK", "UNIMPLEMENTED"; empty for others.
[[nodiscard]] std::string_view grpc_status_name(int status) noexcept;

}  // namespace rhumb::health
