// A server of gRPC for tests, made of nghttp2's server side: octets in, octets out; and one on a socket.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/backend.hpp"

namespace rhumb::health {

using GrpcFields = std::vector<std::pair<std::string, std::string>>;

struct GrpcRequest {
  std::map<std::string, std::string> fields;
  std::string body;  // with the prefix of its message
};

struct GrpcReply {
  GrpcFields fields = {{":status", "200"}, {"content-type", "application/grpc"}};
  std::string body = {};  // with the prefix of its message
  GrpcFields trailers = {{"grpc-status", "0"}};
};

using GrpcAnswer = std::function<GrpcReply(const GrpcRequest&)>;

// `message` with its prefix.
[[nodiscard]] std::string grpc_message(std::string_view message, bool is_compressed = false);
// That of a server with HealthCheckResponse.ServingStatus `status`: 1 is SERVING.
[[nodiscard]] GrpcReply grpc_reply(int status);
// An error: no message, and the status in the only fields, as servers send it.
[[nodiscard]] GrpcReply grpc_error(int status, const std::string& message);

class GrpcPeer {
 public:
  explicit GrpcPeer(GrpcAnswer answer);
  ~GrpcPeer();
  GrpcPeer(const GrpcPeer&) = delete;
  GrpcPeer& operator=(const GrpcPeer&) = delete;

  // False if nghttp2 found it to be no HTTP/2.
  [[nodiscard]] bool received(std::string_view octets);
  [[nodiscard]] std::string take_output();

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

namespace scripts {

// Answers as many calls as come, until the client closes the connection.
[[nodiscard]] Backend::Script grpc(const GrpcAnswer& answer);

}  // namespace scripts
}  // namespace rhumb::health
