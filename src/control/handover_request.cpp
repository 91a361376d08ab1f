#include "control/handover_request.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "control/control_client.hpp"
#include "control/socket_path.hpp"

namespace rhumb::control {
namespace {

constexpr std::size_t kResponseHeadMax =
    8 * 1'024;  // octets of a response's line and fields; the server sends some 100
constexpr std::string_view kHeadEnd = "\r\n\r\n";

// The line and the fields of the response, octet by octet: what follows is not ours to read. Empty when it has no end.
std::string read_head(int fd) {
  std::string head;
  char octet = 0;
  while (head.size() < kResponseHeadMax && recv(fd, &octet, 1, 0) == 1) {
    head += octet;
    if (head.ends_with(kHeadEnd)) return head;
  }
  return {};
}

}  // namespace

std::optional<int> request_handover(const std::filesystem::path& socket_file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_file.native().size() > kSocketPathMax) return std::nullopt;  // nobody can listen there
  std::memcpy(address.sun_path, socket_file.c_str(), socket_file.native().size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw Unreachable(fmt::format("cannot make a socket: {}", std::strerror(errno)));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(fd);
    if (error == ENOENT || error == ECONNREFUSED) return std::nullopt;
    throw Unreachable(fmt::format("cannot connect to {}: {}", socket_file.string(), std::strerror(error)));
  }
  const timeval patience{std::chrono::duration_cast<std::chrono::seconds>(ControlClient::kPatience).count(), 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::string request = fmt::format(
      "POST /v1/handover HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: {}\r\nContent-Length: 0{}",
      kHandoverProtocol, kHeadEnd);
  const bool is_sent = send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  const std::string response = is_sent ? read_head(fd) : "";
  if (response.starts_with("HTTP/1.1 101 ")) return fd;
  close(fd);
  throw Unreachable(fmt::format("the server at {} does not hand over: {}", socket_file.string(),
                                response.empty() ? "it does not answer" : response.substr(0, response.find('\r'))));
}

}  // namespace rhumb::control
