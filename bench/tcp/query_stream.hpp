// Queries as a stream to send over TCP, each behind its length: a file of dnsperf -B (bench/compare writes such).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// The whole file lies in memory, and queries that follow each other are one piece of it: what is sent is never copied.
class QueryStream {
 public:
  // Throws std::runtime_error when the file is not such a stream, or empty.
  explicit QueryStream(const std::string& file);

  [[nodiscard]] std::size_t count() const noexcept { return ends_.size(); }
  [[nodiscard]] const std::uint8_t* begin_of(std::size_t query) const noexcept {
    return octets_.data() + (query == 0 ? 0 : ends_[query - 1]);
  }
  // The octets of `queries` of them from `first` on. Not beyond count().
  [[nodiscard]] std::size_t size_of(std::size_t first, std::size_t queries) const noexcept {
    return static_cast<std::size_t>(octets_.data() + ends_[first + queries - 1] - begin_of(first));
  }

 private:
  std::vector<std::uint8_t> octets_;
  std::vector<std::size_t> ends_;
};
