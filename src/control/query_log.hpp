// The query log: a sample of the queries and of what was answered, written by one thread.
//
// The threads that answer put records into their taps (answer/query_tap.hpp), which never wait; this one empties them
// fifty times a second and writes what it found, in a line or two frames each. What cannot be kept up with or be
// written is dropped and counted. Memory: 1 MB for each tap once it was opened, and a batch of at most kBatchMax octets
// and one record.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "answer/query_tap.hpp"
#include "control/dnstap.hpp"
#include "control/query_log_settings.hpp"
#include "control/query_sink.hpp"

namespace rhumb::control {

// Records, since the start. Those that are in the rings are in none of these.
struct QueryLogCounts {
  std::uint64_t written = 0;
  std::uint64_t dropped_full = 0;       // the ring was full
  std::uint64_t dropped_unwritten = 0;  // the file or the peer did not take it
};

class QueryLog {
 public:
  // Between two looks at the rings.
  static constexpr std::chrono::milliseconds kInterval{20};
  // Octets that are written at once.
  static constexpr std::size_t kBatchMax = 256 * 1'024;

  // Called by the log's thread: when it cannot write, with the reason, and when it can again. Each once.
  using Tell = std::function<void(bool is_trouble, const std::string& text)>;

  // Logs nothing yet. `taps` must live until it is gone. `begin_thread` is called first thing by its thread.
  QueryLog(
      std::vector<answer::QueryTap*> taps, Tell tell, const std::function<void()>& begin_thread = [] {});
  // Writes what is in the rings.
  ~QueryLog();
  QueryLog(const QueryLog&) = delete;
  QueryLog& operator=(const QueryLog&) = delete;

  // From now on logs so, or nothing; also with the same settings the file or socket is opened anew. What was logged
  // before, or until its thread has heard, goes where it would have gone. From one thread; does not wait for the disk.
  void use(std::optional<QueryLogSettings> settings, DnstapSource source);

  // From any thread.
  [[nodiscard]] QueryLogCounts counts() const noexcept;

 private:
  // What use() was last told.
  struct Order {
    std::optional<QueryLogSettings> settings;
    DnstapSource source;
  };

  void run();
  [[nodiscard]] bool wait();
  void begin(Order order);
  void empty_rings();
  void empty(answer::QueryTap& tap);
  void append(const answer::QueryRecord& record);
  void write();
  void tell_of(const std::string& error, std::size_t dropped);

  std::vector<answer::QueryTap*> taps_;
  Tell tell_;
  std::atomic<std::uint64_t> written_ = 0;  // one writer
  std::atomic<std::uint64_t> unwritten_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Order> order_;  // that has not been heard yet
  bool is_stopping_ = false;

  // The thread's.
  Order current_;
  std::unique_ptr<QuerySink> sink_;  // null: nothing is logged
  std::string octets_;
  std::vector<std::size_t> ends_;
  bool is_in_trouble_ = false;
  std::uint64_t lost_ = 0;  // since it is

  std::thread thread_;
};

}  // namespace rhumb::control
