#include "transport/tcp_framing.hpp"

#include <algorithm>

namespace rhumb::transport {

MutableBytes TcpFraming::room() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  // next() has been asked before: what is left is less than a message, so there is room for the rest of it.
  const std::size_t wanted = end_ < kLengthSize ? 0 : kLengthSize + load_u16(buffer_.data());
  buffer_.resize(std::max(wanted, kReadSize));
  if (buffer_.size() == kReadSize) buffer_.shrink_to_fit();
  return MutableBytes(buffer_).subspan(end_);
}

std::optional<Bytes> TcpFraming::next() noexcept {
  const std::size_t available = end_ - begin_;
  if (available < kLengthSize) return std::nullopt;
  const std::size_t size = load_u16(buffer_.data() + begin_);
  if (available < kLengthSize + size) return std::nullopt;
  const Bytes message = Bytes(buffer_).subspan(begin_ + kLengthSize, size);
  begin_ += kLengthSize + size;
  return message;
}

}  // namespace rhumb::transport
