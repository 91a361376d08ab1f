// The queries that are sent: messages in wire form, made beforehand, so that sending one costs a system call's share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rhumb::load {

class QueryFile {
 public:
  // Reads a file of messages, each behind its length in two octets (as dnsperf -B takes them), and repeats them until
  // there are `count_min`. Throws std::runtime_error when it cannot be read, is cut off or has none.
  QueryFile(const std::string& path, std::size_t count_min);

  // The next message, in turn and again from the first. The caller writes its id into it; the message is the caller's
  // until count_min - 1 others have been taken.
  [[nodiscard]] std::span<std::uint8_t> next() noexcept {
    const std::size_t current = next_;
    next_ = next_ + 1 == offsets_.size() - 1 ? 0 : next_ + 1;
    return {octets_.data() + offsets_[current], offsets_[current + 1] - offsets_[current]};
  }

 private:
  std::vector<std::uint8_t> octets_;
  std::vector<std::size_t> offsets_;  // one more than there are messages: the last is where they end
  std::size_t next_ = 0;
};

}  // namespace rhumb::load
