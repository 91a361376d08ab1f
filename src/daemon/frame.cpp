#include "daemon/frame.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/bytes.hpp"

namespace rhumb::daemon {
namespace {

constexpr std::size_t kHeaderSize = 5;  // the size of the body in four octets, and the kind

// Room for one descriptor.
union Control {
  cmsghdr alignment;
  std::array<char, CMSG_SPACE(sizeof(int))> octets;
};

[[noreturn]] void fail() {
  if (errno == EAGAIN || errno == EWOULDBLOCK) throw HandoverError("the other process is silent");
  throw HandoverError(fmt::format("the connection to the other process is broken: {}", std::strerror(errno)));
}

std::size_t send_some(int fd, std::string_view octets, int descriptor) {
  iovec vector{const_cast<char*>(octets.data()), octets.size()};  // sendmsg(2) does not write to it
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  Control control{};
  if (descriptor >= 0) {
    message.msg_control = control.octets.data();
    message.msg_controllen = control.octets.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  while (true) {
    const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno != EINTR) fail();
  }
}

// The descriptor, if one has come, is put into `descriptor`.
std::size_t receive_some(int fd, char* octets, std::size_t size, transport::Descriptor& descriptor) {
  iovec vector{octets, size};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  Control control{};
  message.msg_control = control.octets.data();
  message.msg_controllen = control.octets.size();
  ssize_t received = -1;
  do {
    received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) fail();
  if (received == 0) throw HandoverError("the other process has ended");
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    int taken = -1;
    std::memcpy(&taken, CMSG_DATA(header), sizeof taken);
    descriptor = transport::Descriptor(taken);
  }
  return static_cast<std::size_t>(received);
}

void receive_all(int fd, char* octets, std::size_t size, transport::Descriptor& descriptor) {
  while (size > 0) {
    const std::size_t received = receive_some(fd, octets, size, descriptor);
    octets += received;
    size -= received;
  }
}

}  // namespace

void set_patience(int fd, std::chrono::seconds patience) {
  const timeval value{patience.count(), 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (setsockopt(fd, SOL_SOCKET, option, &value, sizeof value) != 0) fail();
  }
}

void write_frame(int fd, std::uint8_t kind, std::string_view body, int descriptor) {
  if (body.size() > std::numeric_limits<std::uint32_t>::max()) throw HandoverError("a message would be too long");
  std::array<std::uint8_t, kHeaderSize> header{};
  store_u32(header.data(), static_cast<std::uint32_t>(body.size()));
  header.back() = kind;
  const std::string_view head(reinterpret_cast<const char*>(header.data()), header.size());
  std::size_t sent = send_some(fd, head, descriptor);
  while (sent < head.size())
    sent += send_some(fd, head.substr(sent), -1);
  while (!body.empty())
    body.remove_prefix(send_some(fd, body, -1));
}

Frame read_frame(int fd, std::size_t body_max) {
  Frame frame;
  std::array<char, kHeaderSize> header{};
  receive_all(fd, header.data(), header.size(), frame.descriptor);
  frame.kind = static_cast<std::uint8_t>(header.back());
  const std::size_t size = load_u32(reinterpret_cast<const std::uint8_t*>(header.data()));
  if (size > body_max) throw HandoverError(fmt::format("the other process sends {} octets, too many", size));
  // Memory grows with what has come, not with what is announced.
  constexpr std::size_t kPiece = 1 << 20;
  while (frame.body.size() < size) {
    const std::size_t before = frame.body.size();
    const std::size_t piece = std::min(kPiece, size - before);
    frame.body.resize(before + piece);
    receive_all(fd, frame.body.data() + before, piece, frame.descriptor);
  }
  return frame;
}

}  // namespace rhumb::daemon
