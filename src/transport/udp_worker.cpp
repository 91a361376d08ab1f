#include "transport/udp_worker.hpp"

#include <sys/ioctl.h>

#include <cerrno>
#include <ctime>

namespace rhumb::transport {
namespace {

// A burst waits here while the thread answers another batch: at 300 octets of memory a query, some ten thousand. The
// kernel cuts it to net.core.rmem_max.
constexpr int kReceiveBuffer = 4 << 20;

// Of a counter that only this thread writes: no lock prefix.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

void set_options(int fd, Family family, bool needs_control) {
  set_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer, "SO_RCVBUF");
  // Responses keep to a size that needs no path MTU; a forged ICMP "too big" must not make us fragment more
  // (ip(7), IP_PMTUDISC_OMIT).
  if (family == Family::v4) {
    set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT, "IP_MTU_DISCOVER");
    if (needs_control) set_option(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
  } else {
    set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT, "IPV6_MTU_DISCOVER");
    if (needs_control) set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
  }
}

// The kernel hands IP_PKTINFO over with the interface the query came in by; with it left in, the answer would be forced
// out there, whatever the routes say.
void forget_interface(msghdr& message) noexcept {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      reinterpret_cast<in_pktinfo*>(CMSG_DATA(control))->ipi_ifindex = 0;
    }
  }
}

}  // namespace

UdpWorker::UdpWorker(Descriptor socket, const Published<answer::Snapshot>& snapshot, std::uint64_t seed,
                     RateLimiter* limiter)
    : socket_(std::move(socket)), snapshot_(snapshot), answerer_(seed), limiter_(limiter) {
  const IpAddress bound = bound_endpoint(socket_.get()).address;
  needs_control_ = is_wildcard(bound);
  family_ = bound.family;
  set_options(socket_.get(), bound.family, needs_control_);
  prepare();
}

// What no turn of the loop changes.
void UdpWorker::prepare() noexcept {
  const socklen_t address_size = family_ == Family::v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  for (std::size_t i = 0; i < kBatch; ++i) {
    receiving_buffers_[i] = {buffers_[i].data(), kQueryMax};
    receiving_[i].msg_hdr.msg_iov = &receiving_buffers_[i];
    receiving_[i].msg_hdr.msg_iovlen = 1;
    receiving_[i].msg_hdr.msg_name = &clients_[i];
    // The kernel writes the same back: one socket has clients of one family.
    receiving_[i].msg_hdr.msg_namelen = sending_[i].msg_hdr.msg_namelen = address_size;
    if (needs_control_) receiving_[i].msg_hdr.msg_control = controls_[i].octets.data();
    sending_[i].msg_hdr.msg_iov = &sending_buffers_[i];
    sending_[i].msg_hdr.msg_iovlen = 1;
  }
}

void UdpWorker::run() noexcept {
  const ReaderThread registered;
  while (!stopping_.load(std::memory_order_relaxed))
    turn();
  stopped_.store(true, std::memory_order_relaxed);
}

void UdpWorker::turn() noexcept {
  const int received = receive();
  if (received > 0) send(answer_batch(static_cast<unsigned>(received)));
}

bool UdpWorker::has_waiting() const noexcept {
  int size = 0;
  return ioctl(socket_.get(), FIONREAD, &size) == 0 && size > 0;
}

UdpCounts UdpWorker::counts() const noexcept {
  return {received_.load(std::memory_order_relaxed), answered_.load(std::memory_order_relaxed),
          limited_.load(std::memory_order_relaxed)};
}

// Blocks for the first datagram, takes what else is there. ≤ 0: none (a signal, or an ICMP error of an earlier answer).
int UdpWorker::receive() noexcept {
  if (needs_control_) {
    for (mmsghdr& message : receiving_)
      message.msg_hdr.msg_controllen = sizeof(Control);
  }
  return recvmmsg(socket_.get(), receiving_.data(), kBatch, MSG_WAITFORONE, nullptr);
}

unsigned UdpWorker::answer_batch(unsigned received) noexcept {
  const Online online;
  const answer::Snapshot& snapshot = snapshot_.read();
  answerer_.heed_tap();
  const Now now{unix_seconds(), limiter_ == nullptr ? 0 : steady_nanoseconds() / 1'000};
  unsigned responses = 0;
  for (std::size_t slot = 0; slot < received; ++slot) {
    const std::size_t size = answer_one(snapshot, slot, now);
    if (size > 0) queue_response(responses++, slot, size);
  }
  answerer_.count(std::span(summaries_).first(received), answer::Transport::udp, family_, snapshot);
  add(received_, received);
  add(answered_, responses);
  return responses;
}

std::size_t UdpWorker::answer_one(const answer::Snapshot& snapshot, std::size_t slot, const Now& now) noexcept {
  const mmsghdr& message = receiving_[slot];
  const SocketAddress& from = clients_[slot];
  // Cut off, or from where nothing can be sent to.
  if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0 || raw_port_of(from) == 0) {
    summaries_[slot] = {.marks = {.fate = answer::Fate::malformed}};
    return 0;
  }
  const Bytes query = Bytes(buffers_[slot]).first(message.msg_len);
  answer::Client client{address_of(from), answer::Transport::udp, now.unix_s};
  client.limit = limit(client.address, now);
  return answerer_.answer(snapshot, client, query, buffers_[slot], summaries_[slot]);
}

answer::Limit UdpWorker::limit(const IpAddress& client, const Now& now) noexcept {
  if (limiter_ == nullptr || !limiter_->is_over(client, now.steady_us)) return answer::Limit::none;
  add(limited_, 1);
  const RateLimits& limits = limiter_->limits();
  if (limits.log_only) return answer::Limit::none;
  const bool slips = limits.slip > 0 && answerer_.random().below(limits.slip) == 0;
  return slips ? answer::Limit::truncate : answer::Limit::drop;
}

void UdpWorker::queue_response(unsigned place, std::size_t slot, std::size_t size) noexcept {
  sending_buffers_[place] = {buffers_[slot].data(), size};
  msghdr& header = sending_[place].msg_hdr;
  header.msg_name = &clients_[slot];
  if (!needs_control_) return;
  header.msg_control = controls_[slot].octets.data();
  header.msg_controllen = receiving_[slot].msg_hdr.msg_controllen;
  forget_interface(header);
}

void UdpWorker::send(unsigned count) noexcept {
  unsigned sent = 0;
  while (sent < count) {
    const int done = sendmmsg(socket_.get(), sending_.data() + sent, count - sent, 0);
    // sendmmsg(2) reports an error only when its first datagram has it: that client cannot be reached, the next can.
    sent += done > 0 ? static_cast<unsigned>(done) : errno == EINTR ? 0 : 1;
  }
}

}  // namespace rhumb::transport
