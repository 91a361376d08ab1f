#include "transport/socket.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace rhumb::transport {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

SocketAddress to_socket_address(const Endpoint& endpoint) noexcept {
  SocketAddress address{};
  if (endpoint.address.family == Family::v4) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(endpoint.port);
    address.v4.sin_addr.s_addr = htonl(endpoint.address.as_v4());
    return address;
  }
  address.v6 = sockaddr_in6{};
  address.v6.sin6_family = AF_INET6;
  address.v6.sin6_port = htons(endpoint.port);
  const AddressOctets octets = octets_of(endpoint.address);
  std::memcpy(address.v6.sin6_addr.s6_addr, octets.data(), octets.size());
  return address;
}

socklen_t size_of(const SocketAddress& address) noexcept {
  return address.any.sa_family == AF_INET ? sizeof address.v4 : sizeof address.v6;
}

void set_option(int fd, int level, int option, int value, const char* what) {
  if (setsockopt(fd, level, option, &value, sizeof value) != 0) throw_errno(what);
}

Descriptor bind_socket(const Endpoint& endpoint, int type, bool shared) {
  const std::string place = "cannot listen on " + endpoint.to_string() + (type == SOCK_DGRAM ? " (UDP)" : " (TCP)");
  const SocketAddress address = to_socket_address(endpoint);
  Descriptor socket(::socket(address.any.sa_family, type | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) throw_errno(place);
  if (address.any.sa_family == AF_INET6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, place.c_str());
  // TCP: bind again while connections of the last run linger in TIME_WAIT.
  if (type == SOCK_STREAM) set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1, place.c_str());
  if (shared) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1, place.c_str());
  if (bind(socket.get(), &address.any, size_of(address)) != 0) throw_errno(place);
  return socket;
}

Endpoint bound_endpoint(int fd) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, &address.any, &size) != 0) throw_errno("getsockname");
  return {address_of(address), ntohs(raw_port_of(address))};
}

}  // namespace rhumb::transport
