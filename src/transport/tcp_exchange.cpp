#include "transport/tcp_exchange.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace rhumb::transport {
namespace {

// Of a call that did nothing: that is no error of the connection.
bool is_not_ready() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// How many octets the kernel took; nothing when the connection is broken.
std::optional<std::size_t> send_some(const TcpSession& session, Bytes octets) noexcept {
  if (octets.empty()) return 0;
  const ssize_t sent = ::send(session.descriptor.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  return is_not_ready() ? std::optional<std::size_t>(0) : std::nullopt;
}

}  // namespace

TcpExchange::Next TcpExchange::serve(TcpSession& session, const Turn& turn) {
  const auto size = session.backlog == nullptr ? receive(session) : send_backlog(session);
  if (!size) return Next::end;
  if (session.backlog != nullptr) return Next::write;
  Bytes input = Bytes(input_).first(*size);
  answer_queries(session, turn, input);
  if (output_size_ == 0) return Next::read;
  session.last_query = turn.now;
  if (!send_answers(session, input)) return Next::end;
  return session.backlog == nullptr ? Next::read : Next::write;
}

// How many octets came into the input; nothing at the end of the stream, or when the connection is broken.
std::optional<std::size_t> TcpExchange::receive(TcpSession& session) noexcept {
  const ssize_t size = recv(session.descriptor.get(), input_.data(), input_.size(), 0);
  if (size > 0) return static_cast<std::size_t>(size);
  return size < 0 && is_not_ready() ? std::optional<std::size_t>(0) : std::nullopt;
}

// When all has been sent the backlog is gone, and its input is as if it had just come.
std::optional<std::size_t> TcpExchange::send_backlog(TcpSession& session) noexcept {
  TcpBacklog& backlog = *session.backlog;
  const auto sent = send_some(session, Bytes(backlog.output).subspan(backlog.sent));
  if (!sent) return std::nullopt;
  backlog.sent += *sent;
  if (backlog.sent < backlog.output.size()) return 0;
  std::copy(backlog.input.begin(), backlog.input.end(), input_.begin());
  const std::size_t size = backlog.input.size();
  session.backlog.reset();
  return size;
}

// Until the output is full or no whole query is left; what has not been answered stays in `input`.
void TcpExchange::answer_queries(TcpSession& session, const Turn& turn, Bytes& input) {
  output_size_ = 0;
  answerer_.heed_tap();
  while (output_size_ < kOutputFlush) {
    const auto query = session.framing.next(input);
    if (!query) return;
    append_answer(session, turn, *query);
  }
}

void TcpExchange::append_answer(const TcpSession& session, const Turn& turn, Bytes query) noexcept {
  const answer::Client client{session.client, answer::Transport::tcp, turn.unix_s};
  const MutableBytes place = MutableBytes(output_).subspan(output_size_, kLengthSize + dns::kMessageMax);
  answer::Summary summary;
  const std::size_t size = answerer_.answer(turn.snapshot, client, query, place.subspan(kLengthSize), summary);
  answerer_.count({&summary, 1}, answer::Transport::tcp, session.client.family, turn.snapshot);
  if (size == 0) return;
  store_u16(place.data(), static_cast<std::uint16_t>(size));
  output_size_ += kLengthSize + size;
}

// False when the connection is broken.
bool TcpExchange::send_answers(TcpSession& session, Bytes input_left) {
  const Bytes output = Bytes(output_).first(output_size_);
  const auto sent = send_some(session, output);
  if (!sent) return false;
  if (*sent == output.size() && input_left.empty()) return true;
  const Bytes output_left = output.subspan(*sent);
  session.backlog = std::make_unique<TcpBacklog>(
      TcpBacklog{{output_left.begin(), output_left.end()}, 0, {input_left.begin(), input_left.end()}});
  return true;
}

}  // namespace rhumb::transport
