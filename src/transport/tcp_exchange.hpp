// Queries in, answers out, on a connection that is ready: one recv(2) of all that is there, an answer to each whole
// query, one send(2). Neither is tried again to hear that there is no more; epoll tells.
//
// All connections of a thread are read into one buffer and answered from one. A connection gets memory of its own only
// when a message is cut off (TcpFraming), or when its client does not read (TcpBacklog), and both are bounded.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "transport/answerer.hpp"
#include "transport/tcp_session.hpp"

namespace rhumb::transport {

// Belongs to one thread.
class TcpExchange {
 public:
  // What all answers of one turn of the loop have in common.
  struct Turn {
    const answer::Snapshot& snapshot;
    TcpSession::Clock::time_point now;
    std::uint32_t unix_s;
  };

  // What the connection waits for next.
  enum class Next : std::uint8_t { read, write, end };

  explicit TcpExchange(std::uint64_t seed) noexcept : answerer_(seed) {}

  // `session` is ready for what it waited for. After an answer, its last query is of now. At its end all that came
  // before has been answered.
  [[nodiscard]] Next serve(TcpSession& session, const Turn& turn);

  // From any thread.
  [[nodiscard]] const answer::Counters& counters() const noexcept { return answerer_.counters(); }
  [[nodiscard]] answer::QueryTap& tap() noexcept { return answerer_.tap(); }

 private:
  // Read at a time. A thousand queries of a client that pipelines.
  static constexpr std::size_t kInputSize = 64 * 1'024;
  // Answers are sent when they are this many octets, so that others have their turn. One more answer goes beyond it.
  static constexpr std::size_t kOutputFlush = 64 * 1'024;

  [[nodiscard]] std::optional<std::size_t> receive(TcpSession& session) noexcept;
  [[nodiscard]] std::optional<std::size_t> send_backlog(TcpSession& session) noexcept;
  void answer_queries(TcpSession& session, const Turn& turn, Bytes& input);
  void append_answer(const TcpSession& session, const Turn& turn, Bytes query) noexcept;
  [[nodiscard]] bool send_answers(TcpSession& session, Bytes input_left);

  Answerer answerer_;
  std::size_t output_size_ = 0;
  std::array<std::uint8_t, kInputSize> input_;
  std::array<std::uint8_t, kOutputFlush + kLengthSize + dns::kMessageMax> output_;
};

}  // namespace rhumb::transport
