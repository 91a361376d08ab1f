#include "transport/tcp_framing.hpp"

#include <algorithm>

namespace rhumb::transport {
namespace {

// Of the message that `octets` begin with, its length included. `octets` has the length.
std::size_t framed_size(Bytes octets) noexcept {
  return kLengthSize + load_u16(octets.data());
}

bool is_whole(Bytes octets) noexcept {
  return octets.size() >= kLengthSize && octets.size() >= framed_size(octets);
}

Bytes take(Bytes& octets, std::size_t size) noexcept {
  const Bytes taken = octets.first(size);
  octets = octets.subspan(size);
  return taken;
}

}  // namespace

std::optional<Bytes> TcpFraming::next(Bytes& read) {
  forget_whole();
  if (partial_.empty() && is_whole(read)) return take(read, framed_size(read)).subspan(kLengthSize);
  if (!fill_up(kLengthSize, read) || !fill_up(framed_size(partial_), read)) return std::nullopt;
  return Bytes(partial_).subspan(kLengthSize);
}

Bytes TcpFraming::begun() const noexcept {
  return is_whole(partial_) ? Bytes() : Bytes(partial_);
}

bool TcpFraming::fill_up(std::size_t size, Bytes& read) {
  if (partial_.size() >= size) return true;
  const Bytes octets = take(read, std::min(size - partial_.size(), read.size()));
  const std::size_t needed = partial_.size() + octets.size();
  if (needed > partial_.capacity()) {
    partial_.reserve(std::max({needed, kKept, std::min(size, 2 * partial_.capacity())}));
  }
  partial_.insert(partial_.end(), octets.begin(), octets.end());
  return needed == size;
}

void TcpFraming::forget_whole() {
  if (!is_whole(partial_)) return;
  partial_.clear();
  if (partial_.capacity() > kKept) partial_.shrink_to_fit();
}

}  // namespace rhumb::transport
