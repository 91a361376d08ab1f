// A client of HTTP/1.1 over a Unix socket or TCP that may misbehave.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/ip_address.hpp"
#include "support/dns_client.hpp"

namespace rhumb::test {

struct HttpReply {
  int status = 0;                             // 0: none came
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;

  [[nodiscard]] std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

class HttpClient {
 public:
  explicit HttpClient(const std::filesystem::path& file)
      : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, file.c_str(), sizeof address.sun_path - 1);
    connect(reinterpret_cast<const sockaddr*>(&address), sizeof address, file.string());
  }
  // IPv4 only.
  explicit HttpClient(const Endpoint& endpoint) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.address.as_v4());
    connect(reinterpret_cast<const sockaddr*>(&address), sizeof address, endpoint.to_string());
  }
  ~HttpClient() { ::close(descriptor_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  [[nodiscard]] static std::string request(std::string_view method, std::string_view target, std::string_view body = {},
                                           std::string_view fields = {}) {
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(fields);
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text.append("\r\n").append(body);
  }

  // `fields` are whole lines.
  HttpReply ask(std::string_view method, std::string_view target, std::string_view body = {},
                std::string_view fields = {}) {
    send(request(method, target, body, fields));
    return receive(method == "HEAD");
  }

  // As much as the socket takes without waiting. Returns how much that was; 0, too, when the other end has closed.
  std::size_t send(std::string_view octets) const {
    const ssize_t sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  // The next reply, whole; one without Content-Length has an empty body. None when the other end closes before.
  HttpReply receive(bool is_of_head = false) {
    HttpReply reply;
    const auto head = receive_until("\r\n\r\n");
    if (!head) return reply;
    read_head(*head, reply);
    const std::string length = reply.field("content-length");
    if (length.empty() || is_of_head) return reply;
    while (input_.size() < std::strtoul(length.c_str(), nullptr, 10)) {
      if (!receive_some()) return {};
    }
    reply.body = input_.substr(0, std::strtoul(length.c_str(), nullptr, 10));
    input_.erase(0, reply.body.size());
    return reply;
  }

  // What comes before `end`, which is taken as well; nothing when the other end closes before, or nothing comes for
  // long.
  std::optional<std::string> receive_until(std::string_view end) {
    std::size_t found = 0;
    while ((found = input_.find(end)) == std::string::npos) {
      if (!receive_some()) return std::nullopt;
    }
    std::string text = input_.substr(0, found);
    input_.erase(0, found + end.size());
    return text;
  }

  // Whether the other end closes although nothing is taken from it.
  [[nodiscard]] bool is_hung_up_on() const {
    pollfd waiting{descriptor_, 0, 0};
    return ::poll(&waiting, 1, patience_ms()) == 1 && (waiting.revents & POLLHUP) != 0;
  }

  // Whether the other end closes, after whatever it still sends.
  bool sees_the_end() {
    while (receive_some())
      input_.clear();
    return is_closed_;
  }

 private:
  static int patience_ms() { return static_cast<int>(std::chrono::milliseconds(kPatience).count()); }

  void connect(const sockaddr* address, socklen_t size, const std::string& name) const {
    if (::connect(descriptor_, address, size) == 0) return;
    ::close(descriptor_);
    throw std::runtime_error("cannot connect to " + name);
  }

  static void read_head(const std::string& head, HttpReply& reply) {
    reply.status = std::atoi(head.substr(std::min(head.size(), head.find(' '))).c_str());
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos) {
      const std::size_t end = head.find("\r\n", at + 2);
      const std::string line = head.substr(at + 2, end == std::string::npos ? end : end - at - 2);
      std::string name = line.substr(0, line.find(':'));
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      reply.fields[name] = line.substr(std::min(line.size(), name.size() + 2));
      at = end;
    }
  }

  bool receive_some() {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, patience_ms()) != 1) return false;
    char octets[16'384];
    const ssize_t size = ::recv(descriptor_, octets, sizeof octets, 0);
    is_closed_ = size <= 0;
    if (size > 0) input_.append(octets, static_cast<std::size_t>(size));
    return size > 0;
  }

  int descriptor_;
  std::string input_;
  bool is_closed_ = false;
};

}  // namespace rhumb::test
