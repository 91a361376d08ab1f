#include <algorithm>
#include <vector>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "fuzz/targets.hpp"
#include "transport/tcp_framing.hpp"

namespace rhumb::fuzz {
namespace {

using Message = std::vector<std::uint8_t>;

constexpr std::size_t kPiecesMax = 300;  // then all that is left: what differs comes early

// Octets in pairs, each the length of a message that follows it: long streams from short inputs.
std::vector<std::uint8_t> stream_of_lengths(Input& input) {
  constexpr std::size_t kStreamMax = 100'000;  // a message of any length, and some more
  std::vector<std::uint8_t> stream;
  while (!input.rest().empty() && stream.size() < kStreamMax) {
    const std::uint16_t size = input.u16();
    stream.resize(stream.size() + transport::kLengthSize + size, static_cast<std::uint8_t>(input.rest().size()));
    store_u16(stream.data() + stream.size() - size - transport::kLengthSize, size);
  }
  return stream;
}

// The whole messages of the stream, cut in one go.
std::vector<Message> split(Bytes stream) {
  std::vector<Message> messages;
  while (stream.size() >= 2) {
    const std::size_t size = stream[0] * 256U + stream[1];
    if (stream.size() < 2 + size) break;
    const Bytes message = stream.subspan(2, size);
    messages.emplace_back(message.begin(), message.end());
    stream = stream.subspan(2 + size);
  }
  return messages;
}

}  // namespace

void fuzz_tcp_framing(Bytes octets) {
  Input input(octets);
  const bool has_lengths = (input.u8() & 1) != 0;
  const Bytes cuts = input.octets(input.u8() % 16U);
  const auto stream = has_lengths ? stream_of_lengths(input) : Message(input.rest().begin(), input.rest().end());

  transport::TcpFraming framing;
  std::vector<Message> messages;
  std::size_t piece = 0;
  for (Bytes rest(stream); !rest.empty(); ++piece) {
    // Small steps are the interesting ones; 0 takes all that is left.
    const std::size_t cut = cuts.empty() || piece >= kPiecesMax ? 0 : cuts[piece % cuts.size()];
    const std::size_t wanted = cut == 0 ? rest.size() : cut < 240 ? cut : (cut - 239) * 1'000;
    Bytes read = rest.first(std::min(wanted, rest.size()));
    rest = rest.subspan(read.size());
    while (const auto message = framing.next(read))
      messages.emplace_back(message->begin(), message->end());
    require(read.empty(), "all that is read is used");
    require(framing.capacity() <= transport::kLengthSize + 65'535, "the memory is bounded by one message");
  }
  require(messages == split(stream), "the messages do not depend on where the stream is cut");
}

}  // namespace rhumb::fuzz
