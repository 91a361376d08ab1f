// Where the query log is written to: a file, or a Unix socket. Used by the log's thread alone.
//
// What cannot be written is the log's to drop: a sink keeps nothing, waits for nobody longer than kPeerPatience, and is
// well again as soon as the disk or the peer is.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rhumb::control {

class QuerySink {
 public:
  // Whole records, one after the other, and where each of them ends.
  struct Batch {
    std::string_view octets;
    std::span<const std::size_t> ends;
  };
  // How many of the records, from the first; and why no more, if there are more.
  struct Written {
    std::size_t records = 0;
    std::string error = {};
  };

  QuerySink() = default;
  virtual ~QuerySink() = default;
  QuerySink(const QuerySink&) = delete;
  QuerySink& operator=(const QuerySink&) = delete;

  [[nodiscard]] virtual Written write(const Batch& batch) = 0;
};

// How long a peer may take to say or to take something.
inline constexpr std::chrono::milliseconds kPeerPatience{1'000};
// Between attempts to reach a peer that was not there.
inline constexpr std::chrono::milliseconds kPeerPause{1'000};

// Adds to `file`, which is made if need be, for its owner and group alone. Before each batch it is looked whether the
// file is still the one at that place: what was moved away is left alone, and a new one begun. A record that is cut
// off, by a disk that is full, is taken back. A new file begins with `head`; one that is there and does not begin with
// `begins` is of something else and not written to.
[[nodiscard]] std::unique_ptr<QuerySink> make_file_sink(std::filesystem::path file, std::string head,
                                                        std::string begins);

// Frame Streams with dnstap to who listens at `socket`; connects again, at most once in `pause`.
[[nodiscard]] std::unique_ptr<QuerySink> make_socket_sink(std::filesystem::path socket,
                                                          std::chrono::milliseconds pause = kPeerPause);

}  // namespace rhumb::control
