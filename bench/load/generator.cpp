#include "generator.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "schedule.hpp"
#include "slots.hpp"

namespace rhumb::load {
namespace {

constexpr std::size_t kHeaderSize = 12;  // of an answer no more is looked at
constexpr std::size_t kRcodeOffset = 3;
constexpr std::uint8_t kRcodeMask = 0x0F;
constexpr int kReceiveBuffer = 4 << 20;  // octets; as much of it as the system allows
constexpr Nanoseconds kGiveUpInterval = 100'000'000;
constexpr Nanoseconds kPause = 1'000;  // when nothing came and nothing is to be sent

Nanoseconds now() {
  return static_cast<Nanoseconds>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

Nanoseconds nanoseconds(double seconds) {
  return static_cast<Nanoseconds>(seconds * static_cast<double>(kNanosecondsPerS));
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// One source port and what is in flight from it.
class Port {
 public:
  Port(const sockaddr_in& server, std::size_t slots)
      : slots_(slots), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) fail("socket");
    if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer) != 0) fail("SO_RCVBUF");
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) fail("connect");
  }
  Port(Port&& other) noexcept : slots_(std::move(other.slots_)), fd_(std::exchange(other.fd_, -1)) {}
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  Port& operator=(Port&&) = delete;
  ~Port() {
    if (fd_ >= 0) close(fd_);
  }

  [[nodiscard]] Slots& slots() noexcept { return slots_; }
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  Slots slots_;
  int fd_;
};

// What tells the kernel where a batch's messages are.
struct Batch {
  std::array<iovec, kBatchMax> vectors{};
  std::array<mmsghdr, kBatchMax> messages{};

  Batch() {
    for (std::size_t i = 0; i < kBatchMax; ++i) {
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
};

class Generator {
 public:
  Generator(const Options& options, QueryFile& queries) : options_(options), queries_(queries) {
    for (std::size_t i = 0; i < options.sockets; ++i)
      ports_.emplace_back(options.server, (options.window + i) / options.sockets);
    for (std::size_t i = 0; i < kBatchMax; ++i)
      receiving_.vectors[i] = {headers_[i].data(), kHeaderSize};
  }

  Outcome run() {
    begin_ = last_answer_ = now();
    end_ = options_.count && !options_.rate ? ~Nanoseconds{0} : begin_ + duration();
    if (options_.rate) schedule_.emplace(begin_, end_, *options_.rate);
    next_give_up_ = begin_ + kGiveUpInterval;
    outcome_.began_at_s = static_cast<double>(begin_) / static_cast<double>(kNanosecondsPerS);
    while (!is_over())
      turn();
    if (schedule_) outcome_.due = schedule_->due_until(end_);
    outcome_.seconds = static_cast<double>(last_answer_ - begin_) / static_cast<double>(kNanosecondsPerS);
    for (const LatencyHistogram& interval : intervals_)
      outcome_.latencies.add(interval);
    if (options_.interval_s > 0) outcome_.intervals = std::move(intervals_);
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] Nanoseconds duration() const {
    if (options_.rate && options_.count) return nanoseconds(static_cast<double>(*options_.count) / *options_.rate);
    return nanoseconds(options_.seconds);
  }

  [[nodiscard]] std::uint64_t to_send(Nanoseconds time) const {
    if (schedule_) return schedule_->due_until(time) - outcome_.sent;
    if (time >= end_) return 0;
    return options_.count ? *options_.count - outcome_.sent : kBatchMax;
  }

  [[nodiscard]] bool is_over() {
    const Nanoseconds time = now();
    if (schedule_ && time > end_ + nanoseconds(options_.time_limit_s)) return true;
    if (time < end_ && !(options_.count && outcome_.sent == *options_.count)) return false;
    return to_send(time) == 0 &&
           std::ranges::all_of(ports_, [](Port& port) { return port.slots().taken_count() == 0; });
  }

  // Each port once: what came, and what is to be sent. Nothing at all is a moment's pause.
  void turn() {
    bool is_idle = true;
    for (Port& port : ports_) {
      if (receive(port) > 0) is_idle = false;
      if (send(port) > 0) is_idle = false;
    }
    const Nanoseconds time = now();
    if (time >= next_give_up_) give_up(time);
    while (is_idle && now() < time + kPause) {
    }
  }

  std::size_t receive(Port& port) {
    if (port.slots().taken_count() == 0) return 0;
    const int count = recvmmsg(port.fd(), receiving_.messages.data(), kBatchMax, MSG_DONTWAIT, nullptr);
    if (count < 0) {
      if (errno == ECONNREFUSED) throw std::runtime_error("nobody listens at that port");
      if (errno != EAGAIN && errno != EINTR) fail("recvmmsg");
      return 0;
    }
    const Nanoseconds time = now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      if (receiving_.messages[i].msg_len == kHeaderSize) note(port, headers_[i], time);
    }
    return static_cast<std::size_t>(count);
  }

  void note(Port& port, const std::array<std::uint8_t, kHeaderSize>& header, Nanoseconds time) {
    const auto since = port.slots().answered(static_cast<std::uint16_t>(header[0] << 8 | header[1]));
    if (!since) return;
    last_answer_ = time;
    ++outcome_.answered;
    ++outcome_.rcodes[header[kRcodeOffset] & kRcodeMask];
    interval(*since).note(time - *since);
  }

  LatencyHistogram& interval(Nanoseconds since) {
    const std::size_t number = options_.interval_s > 0 ? (since - begin_) / nanoseconds(options_.interval_s) : 0;
    if (number >= intervals_.size()) intervals_.resize(number + 1);
    return intervals_[number];
  }

  std::size_t send(Port& port) {
    const Nanoseconds time = now();
    const std::size_t count = std::min<std::uint64_t>({to_send(time), port.slots().free_count(), kBatchMax});
    if (count == 0) return 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<std::uint8_t> query = queries_.next();
      const std::uint16_t id = port.slots().take(schedule_ ? schedule_->due_after(outcome_.sent + i) : time, time);
      query[0] = static_cast<std::uint8_t>(id >> 8);
      query[1] = static_cast<std::uint8_t>(id);
      ids_[i] = id;
      sending_.vectors[i] = {query.data(), query.size()};
    }
    const int result = sendmmsg(port.fd(), sending_.messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    if (result < 0 && errno == ECONNREFUSED) throw std::runtime_error("nobody listens at that port");
    if (result < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) fail("sendmmsg");
    const std::size_t sent = result < 0 ? 0 : static_cast<std::size_t>(result);
    for (std::size_t i = sent; i < count; ++i)
      port.slots().give_back(ids_[i]);
    outcome_.sent += sent;
    if (!schedule_) outcome_.due += sent;
    return sent;
  }

  void give_up(Nanoseconds time) {
    next_give_up_ = time + kGiveUpInterval;
    const Nanoseconds limit = time - std::min(time, nanoseconds(options_.time_limit_s));
    for (Port& port : ports_)
      port.slots().give_up(limit);
  }

  const Options& options_;
  QueryFile& queries_;
  std::vector<Port> ports_;
  Batch sending_;
  Batch receiving_;
  std::array<std::uint16_t, kBatchMax> ids_{};
  std::array<std::array<std::uint8_t, kHeaderSize>, kBatchMax> headers_{};
  Nanoseconds begin_ = 0;
  Nanoseconds end_ = 0;
  Nanoseconds last_answer_ = 0;
  std::optional<Schedule> schedule_;  // at a fixed rate
  Nanoseconds next_give_up_ = 0;
  std::vector<LatencyHistogram> intervals_;
  Outcome outcome_;
};

}  // namespace

Outcome generate(const Options& options, QueryFile& queries) {
  return Generator(options, queries).run();
}

}  // namespace rhumb::load
