// Sockets as values that close themselves, and their addresses.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/ip_address.hpp"

namespace rhumb::transport {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// An address as the kernel takes it.
union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

[[nodiscard]] SocketAddress to_socket_address(const Endpoint& endpoint) noexcept;
[[nodiscard]] socklen_t size_of(const SocketAddress& address) noexcept;

[[nodiscard]] inline IpAddress address_of(const SocketAddress& address) noexcept {
  if (address.any.sa_family == AF_INET) return IpAddress::v4(ntohl(address.v4.sin_addr.s_addr));
  AddressOctets octets;
  std::memcpy(octets.data(), address.v6.sin6_addr.s6_addr, octets.size());
  return rhumb::address_of(Family::v6, octets);
}

// In network byte order, as both families keep it at the same place.
[[nodiscard]] inline std::uint16_t raw_port_of(const SocketAddress& address) noexcept {
  return address.v4.sin_port;
}

// 0.0.0.0 or [::]: every address of the machine.
[[nodiscard]] inline bool is_wildcard(const IpAddress& address) noexcept {
  return address.bits == 0;
}

// A socket bound to `endpoint`; `type` = SOCK_DGRAM or SOCK_STREAM. IPv6 sockets take IPv6 only, so that both wildcards
// can be bound. `shared`: several sockets may bind the same address and the kernel spreads clients over them
// (SO_REUSEPORT). Throws std::system_error that names the endpoint.
[[nodiscard]] Descriptor bind_socket(const Endpoint& endpoint, int type, bool shared);

// Where `fd` is bound: tells the port that the kernel chose for port 0.
[[nodiscard]] Endpoint bound_endpoint(int fd);

// setsockopt(2) for an integer option. Throws std::system_error with `what`.
void set_option(int fd, int level, int option, int value, const char* what);

}  // namespace rhumb::transport
