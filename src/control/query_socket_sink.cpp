#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "control/frame_stream.hpp"
#include "control/query_sink.hpp"
#include "transport/socket.hpp"

namespace rhumb::control {
namespace {

using Clock = std::chrono::steady_clock;

std::runtime_error system_error() {
  return std::runtime_error(std::strerror(errno));
}

// A connection on which the peer has agreed to take dnstap. Throws std::runtime_error when it does not go on.
class Stream {
 public:
  explicit Stream(const std::filesystem::path& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* const any = reinterpret_cast<const sockaddr*>(&address);
    if (socket_.get() < 0 || connect(socket_.get(), any, sizeof address) != 0) throw system_error();
    const auto until = Clock::now() + kPeerPatience;
    send_all(control_frame(ControlFrame::ready), until);
    expect(ControlFrame::accept, until);
    send_all(control_frame(ControlFrame::start), until);
  }

  // How many octets the peer took before `until`.
  [[nodiscard]] std::size_t send_some(std::string_view octets, Clock::time_point until) const {
    std::size_t sent = 0;
    while (sent < octets.size()) {
      const ssize_t size = ::send(socket_.get(), octets.data() + sent, octets.size() - sent, MSG_NOSIGNAL);
      if (size > 0) {
        sent += static_cast<std::size_t>(size);
      } else if (errno != EAGAIN || !waits_for(POLLOUT, until)) {
        return sent;
      }
    }
    return sent;
  }

  // What the peer has not written down yet it does before it says FINISH.
  void finish() {
    const auto until = Clock::now() + kPeerPatience;
    send_all(control_frame(ControlFrame::stop), until);
    expect(ControlFrame::finish, until);
  }

 private:
  void send_all(std::string_view octets, Clock::time_point until) const {
    if (send_some(octets, until) < octets.size()) throw std::runtime_error("who listens there has gone, or is stuck");
  }

  // False when it is too late.
  [[nodiscard]] bool waits_for(short events, Clock::time_point until) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    pollfd waited{socket_.get(), events, 0};
    return left.count() > 0 && poll(&waited, 1, static_cast<int>(left.count())) > 0;
  }

  void expect(ControlFrame kind, Clock::time_point until) {
    std::optional<FoundControlFrame> frame;
    while (!(frame = read_control_frame(Bytes(reinterpret_cast<const std::uint8_t*>(input_.data()), input_.size()))))
      receive(until);
    if (frame->kind != kind || (kind == ControlFrame::accept && !frame->is_dnstap)) {
      throw std::runtime_error("who listens there does not take dnstap");
    }
    input_.erase(0, frame->size);
  }

  void receive(Clock::time_point until) {
    char octets[kControlFrameMax];
    const ssize_t size = recv(socket_.get(), octets, sizeof octets, 0);
    if (size > 0) {
      input_.append(octets, static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EAGAIN || !waits_for(POLLIN, until)) {
      throw std::runtime_error("who listens there does not speak Frame Streams");
    }
  }

  transport::Descriptor socket_;
  std::string input_;  // no more than one control frame and what comes with it
};

class SocketSink : public QuerySink {
 public:
  SocketSink(std::filesystem::path path, std::chrono::milliseconds pause) : path_(std::move(path)), pause_(pause) {}
  ~SocketSink() override {
    try {
      if (stream_) stream_->finish();
    } catch (const std::runtime_error&) {
      return;  // it has what it has
    }
  }
  SocketSink(const SocketSink&) = delete;
  SocketSink& operator=(const SocketSink&) = delete;

  [[nodiscard]] Written write(const Batch& batch) override {
    if (!stream_ && !connect()) return {0, error_};
    const std::size_t sent = stream_->send_some(batch.octets, Clock::now() + kPeerPatience);
    if (sent == batch.octets.size()) return {batch.ends.size()};
    stream_.reset();  // a frame was cut off
    error_ = fmt::format("{}: who listened there has gone, or is stuck", path_.string());
    return {static_cast<std::size_t>(std::ranges::upper_bound(batch.ends, sent) - batch.ends.begin()), error_};
  }

 private:
  bool connect() {
    if (Clock::now() < again_) return false;
    again_ = Clock::now() + pause_;
    try {
      stream_.emplace(path_);
      return true;
    } catch (const std::runtime_error& error) {
      error_ = fmt::format("{}: {}", path_.string(), error.what());
      return false;
    }
  }

  std::filesystem::path path_;
  std::chrono::milliseconds pause_;
  Clock::time_point again_;
  std::string error_;
  std::optional<Stream> stream_;
};

}  // namespace

std::unique_ptr<QuerySink> make_socket_sink(std::filesystem::path socket, std::chrono::milliseconds pause) {
  return std::make_unique<SocketSink>(std::move(socket), pause);
}

}  // namespace rhumb::control
