// A client of a Unix socket that may misbehave.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/dns_client.hpp"

namespace rhumb::control {

class RawClient {
 public:
  explicit RawClient(const std::filesystem::path& file)
      : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, file.c_str(), sizeof address.sun_path - 1);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(descriptor_);
      throw std::runtime_error("cannot connect to " + file.string());
    }
  }
  ~RawClient() { ::close(descriptor_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // As much as the socket takes without waiting. Returns how much that was; 0, too, when the other end has closed.
  std::size_t send(std::string_view octets) const {
    const ssize_t sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  // The next line without its end; nothing when the other end closes before, or nothing comes for long.
  std::optional<std::string> receive_line() {
    while (true) {
      const std::size_t end = input_.find('\n');
      if (end != std::string::npos) {
        std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        return line;
      }
      if (!receive_some()) return std::nullopt;
    }
  }

  // Whether the other end closes although nothing is taken from it.
  [[nodiscard]] bool is_hung_up_on() const {
    pollfd waiting{descriptor_, 0, 0};
    return ::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(test::kPatience).count())) == 1 &&
           (waiting.revents & POLLHUP) != 0;
  }

  // Whether the other end closes, after whatever it still sends.
  bool sees_the_end() {
    while (receive_some())
      input_.clear();
    return is_closed_;
  }

 private:
  bool receive_some() {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(test::kPatience).count())) != 1) return false;
    char octets[4'096];
    const ssize_t size = ::recv(descriptor_, octets, sizeof octets, 0);
    is_closed_ = size <= 0;
    if (size > 0) input_.append(octets, static_cast<std::size_t>(size));
    return size > 0;
  }

  int descriptor_;
  std::string input_;
  bool is_closed_ = false;
};

}  // namespace rhumb::control
