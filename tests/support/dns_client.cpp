#include "support/dns_client.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace rhumb::test {
namespace {

void bind_to(int fd, IpAddress source) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(source.as_v4());
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  const int error = errno;
  close(fd);
  throw std::system_error(error, std::generic_category(), "bind to " + source.to_string());
}

int connect_to(const Endpoint& server, int type, std::optional<IpAddress> source = std::nullopt) {
  const int fd = socket(server.address.family == Family::v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  if (source) bind_to(fd, *source);
  int result = -1;
  if (server.address.family == Family::v4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    address.sin_addr.s_addr = htonl(server.address.as_v4());
    result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(server.port);
    for (int i = 0; i < 16; ++i) {
      address.sin6_addr.s6_addr[i] = static_cast<std::uint8_t>(server.address.bits >> (120 - 8 * i));
    }
    result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  if (result != 0) {
    const int error = errno;
    close(fd);
    throw std::system_error(error, std::generic_category(), "connect to " + server.to_string());
  }
  return fd;
}

void set_patience(int fd, std::chrono::milliseconds patience) {
  timeval wait{};
  wait.tv_sec = static_cast<time_t>(patience.count() / 1000);
  wait.tv_usec = static_cast<suseconds_t>(patience.count() % 1000 * 1000);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

}  // namespace

UdpClient::UdpClient(const Endpoint& server, std::optional<IpAddress> source)
    : fd_(connect_to(server, SOCK_DGRAM, source)) {}
UdpClient::~UdpClient() {
  close(fd_);
}

void UdpClient::send(Bytes datagram) const {
  // An earlier datagram may have met a closed port; that error is receive()'s to tell.
  [[maybe_unused]] const auto sent = ::send(fd_, datagram.data(), datagram.size(), 0);
}

std::optional<Octets> UdpClient::receive(std::chrono::milliseconds patience) const {
  set_patience(fd_, patience);
  Octets datagram(65'535);
  const ssize_t size = recv(fd_, datagram.data(), datagram.size(), 0);
  if (size < 0) return std::nullopt;
  datagram.resize(static_cast<std::size_t>(size));
  return datagram;
}

TcpClient::TcpClient(const Endpoint& server) : fd_(connect_to(server, SOCK_STREAM)) {
  set_patience(fd_, kPatience);
}
TcpClient::~TcpClient() {
  close(fd_);
}

bool TcpClient::send_raw(Bytes octets) const {
  while (!octets.empty()) {
    const ssize_t sent = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

void TcpClient::finish_sending() const {
  shutdown(fd_, SHUT_WR);
}

std::optional<Octets> TcpClient::receive() const {
  Octets length(2);
  if (!read_exactly(length)) return std::nullopt;
  Octets message(load_u16(length.data()));
  if (!read_exactly(message)) return std::nullopt;
  return message;
}

bool TcpClient::is_closed_by_server() const {
  Octets rest(65'536);
  while (true) {
    const ssize_t size = recv(fd_, rest.data(), rest.size(), 0);
    if (size == 0) return true;
    if (size < 0) return errno == ECONNRESET;
  }
}

bool TcpClient::read_exactly(MutableBytes octets) const {
  while (!octets.empty()) {
    const ssize_t size = recv(fd_, octets.data(), octets.size(), 0);
    if (size <= 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

Octets with_length(Bytes message) {
  Octets result(2 + message.size());
  store_u16(result.data(), static_cast<std::uint16_t>(message.size()));
  std::ranges::copy(message, result.begin() + 2);
  return result;
}

}  // namespace rhumb::test
