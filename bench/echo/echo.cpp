// A DNS "server" that does nothing: turns each query into a response by one bit and sends it back.
//
// It receives and sends as Rhumb does (one thread, SO_REUSEPORT, batches of recvmmsg and sendmmsg), so what it costs is
// what the kernel costs. The distance between it and Rhumb is all that Rhumb itself can ever gain.
//
// usage: rhumb_echo IPV4_ADDRESS PORT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t kBatchMax = 32;
constexpr std::size_t kMessageMax = 4'096;  // octets; no query is longer
constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kFlagsOffset = 2;
constexpr std::uint8_t kQr = 0x80;

// The buffers of one batch, and what tells the kernel where they are.
struct Batch {
  std::array<std::array<std::uint8_t, kMessageMax>, kBatchMax> payloads{};
  std::array<sockaddr_in, kBatchMax> peers{};
  std::array<iovec, kBatchMax> vectors{};
  std::array<mmsghdr, kBatchMax> messages{};

  Batch() {
    for (std::size_t i = 0; i < kBatchMax; ++i) {
      vectors[i].iov_base = payloads[i].data();
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &peers[i];
    }
  }

  // Before each receive: the kernel has written the lengths of the batch before.
  void reset() {
    for (std::size_t i = 0; i < kBatchMax; ++i) {
      vectors[i].iov_len = kMessageMax;
      messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
  }
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

int open_socket(const char* address, const char* port) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10)));
  if (inet_pton(AF_INET, address, &local.sin_addr) != 1) {
    errno = EINVAL;
    fail(address);
  }
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) fail("socket");
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) fail("SO_REUSEPORT");
  if (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) fail("bind");
  return fd;
}

// Makes responses of the first `received` messages.
void answer(Batch& batch, std::size_t received) {
  for (std::size_t i = 0; i < received; ++i) {
    const std::size_t size = batch.messages[i].msg_len;
    batch.vectors[i].iov_len = size;
    if (size >= kHeaderSize) batch.payloads[i][kFlagsOffset] |= kQr;
  }
}

void send_all(int fd, Batch& batch, std::size_t count) {
  for (std::size_t sent = 0; sent < count;) {
    const int now = sendmmsg(fd, batch.messages.data() + sent, static_cast<unsigned>(count - sent), 0);
    sent += now > 0 ? static_cast<std::size_t>(now) : 1;  // one that cannot be sent is lost, as UDP may
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: rhumb_echo IPV4_ADDRESS PORT\n", stderr);
    return EXIT_FAILURE;
  }
  const int fd = open_socket(argv[1], argv[2]);
  static Batch batch;  // too large for the stack
  while (true) {
    batch.reset();
    const int received = recvmmsg(fd, batch.messages.data(), kBatchMax, MSG_WAITFORONE, nullptr);
    if (received < 0 && errno != EINTR) fail("recvmmsg");
    if (received <= 0) continue;
    answer(batch, static_cast<std::size_t>(received));
    send_all(fd, batch, static_cast<std::size_t>(received));
  }
}
