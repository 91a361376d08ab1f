// Where the query log draws from one thread that answers: whether it does, of which queries, and the ring between.
//
// Closed it costs that thread nothing but a look at one number for each batch. Open it has a ring of 1 MB, whose slots
// that thread fills and another one, the log's, empties; one that finds it full drops the record and counts it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "answer/query_record.hpp"
#include "base/spsc_ring.hpp"

namespace rhumb::answer {

class QueryTap {
 public:
  // At 1 % of 200,000 queries a second a quarter of a second.
  static constexpr std::size_t kRecordsMax = 512;

  // For the log; what is its reader's is from one thread.

  // `sample`, more than 0 and at most 1, is the share of queries that are logged from the thread's next batch on.
  // Allocates when it is opened for the first time. From one thread.
  void open(double sample) {
    if (ring_ == nullptr) ring_ = std::make_unique<Ring>();
    sample_.store(sample, std::memory_order_release);
  }
  // What is in the ring stays there to be read.
  void close() noexcept { sample_.store(0, std::memory_order_release); }
  // The reader's: as SpscRing. Null also while it has never been opened.
  [[nodiscard]] const QueryRecord* front() const noexcept { return ring_ == nullptr ? nullptr : ring_->front(); }
  void pop() noexcept { ring_->pop(); }
  // Records that found the ring full. From any thread.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

  // For the thread that answers.

  // 0 while it is closed.
  [[nodiscard]] double sample() const noexcept { return sample_.load(std::memory_order_acquire); }
  // A slot for a record, and push() when it is filled; null, and counted, when the ring is full. It must have been
  // opened.
  [[nodiscard]] QueryRecord* claim() noexcept {
    QueryRecord* const record = ring_->claim();
    if (record == nullptr) dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return record;
  }
  void push() noexcept { ring_->push(); }

 private:
  using Ring = SpscRing<QueryRecord, kRecordsMax>;

  std::atomic<double> sample_ = 0;
  std::unique_ptr<Ring> ring_;              // written before the sample is, and never again
  std::atomic<std::uint64_t> dropped_ = 0;  // one writer
};

}  // namespace rhumb::answer
