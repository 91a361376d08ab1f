// Frame Streams, in which dnstap travels: frames behind their sizes, and control frames that tell of their content.
//
// A file begins with START; it may end with STOP, but readers (libfstrm, dnstap-read) take its end for that, so that it
// can be added to. On a socket the two sides agree first: READY, ACCEPT, START; and in the end STOP, FINISH.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace rhumb::control {

enum class ControlFrame : std::uint32_t { accept = 1, start = 2, stop = 3, ready = 4, finish = 5 };

inline constexpr std::string_view kDnstapContent = "protobuf:dnstap.Dnstap";
// Of what follows the size of a control frame, as libfstrm has it.
inline constexpr std::size_t kControlFrameMax = 512;

// In whole. All but STOP and FINISH tell the content.
[[nodiscard]] std::string control_frame(ControlFrame kind);

// What is at the start of `octets`.
struct FoundControlFrame {
  std::size_t size = 0;  // of the whole frame
  ControlFrame kind = {};
  bool is_dnstap = false;  // that is its content, or among several
};
// Nothing while it is not whole. Throws std::runtime_error when it is no control frame.
[[nodiscard]] std::optional<FoundControlFrame> read_control_frame(Bytes octets);

// Adds `content` as a data frame.
void append_frame(std::string_view content, std::string& octets);

}  // namespace rhumb::control
