#include "control/frame_stream.hpp"

#include <stdexcept>

namespace rhumb::control {
namespace {

constexpr std::size_t kWord = 4;
constexpr std::uint32_t kContentField = 1;

void append_word(std::uint32_t word, std::string& octets) {
  std::uint8_t wire[kWord];
  store_u32(wire, word);
  octets.append(reinterpret_cast<const char*>(wire), kWord);
}

bool has_content(ControlFrame kind) {
  return kind != ControlFrame::stop && kind != ControlFrame::finish;
}

// Whether one of the fields says that dnstap is spoken.
bool is_dnstap(Bytes fields) {
  bool found = false;
  while (!fields.empty()) {
    if (fields.size() < 2 * kWord) throw std::runtime_error("a control frame that is cut off");
    const std::uint32_t field = load_u32(fields.data());
    const std::uint32_t size = load_u32(fields.data() + kWord);
    if (fields.size() - 2 * kWord < size) throw std::runtime_error("a control frame that is cut off");
    const Bytes value = fields.subspan(2 * kWord, size);
    const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
    if (field == kContentField && text == kDnstapContent) found = true;
    fields = fields.subspan(2 * kWord + size);
  }
  return found;
}

}  // namespace

std::string control_frame(ControlFrame kind) {
  std::string content;
  append_word(static_cast<std::uint32_t>(kind), content);
  if (has_content(kind)) {
    append_word(kContentField, content);
    append_word(static_cast<std::uint32_t>(kDnstapContent.size()), content);
    content += kDnstapContent;
  }
  std::string frame;
  append_word(0, frame);
  append_frame(content, frame);
  return frame;
}

std::optional<FoundControlFrame> read_control_frame(Bytes octets) {
  constexpr std::size_t kHead = 3 * kWord;  // a zero, the size, the kind
  if (octets.size() < kHead) return std::nullopt;
  const std::uint32_t size = load_u32(octets.data() + kWord);
  if (load_u32(octets.data()) != 0 || size < kWord || size > kControlFrameMax) {
    throw std::runtime_error("what is no control frame of Frame Streams");
  }
  if (octets.size() - 2 * kWord < size) return std::nullopt;
  FoundControlFrame found;
  found.size = 2 * kWord + size;
  found.kind = static_cast<ControlFrame>(load_u32(octets.data() + 2 * kWord));
  found.is_dnstap = is_dnstap(octets.subspan(kHead, size - kWord));
  return found;
}

void append_frame(std::string_view content, std::string& octets) {
  append_word(static_cast<std::uint32_t>(content.size()), octets);
  octets += content;
}

}  // namespace rhumb::control
