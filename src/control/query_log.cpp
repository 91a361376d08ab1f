#include "control/query_log.hpp"

#include <pthread.h>

#include <utility>

#include <fmt/format.h>

#include "control/frame_stream.hpp"
#include "control/query_json.hpp"

namespace rhumb::control {
namespace {

std::unique_ptr<QuerySink> make_sink(const QueryLogSettings& settings) {
  if (settings.is_socket) return make_socket_sink(settings.to);
  if (settings.format == QueryLogSettings::Format::json) return make_file_sink(settings.to, "", "{");
  const std::string start = control_frame(ControlFrame::start);
  return make_file_sink(settings.to, start, start);
}

void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

QueryLog::QueryLog(std::vector<answer::QueryTap*> taps, Tell tell, const std::function<void()>& begin_thread)
    : taps_(std::move(taps)), tell_(std::move(tell)), thread_([this, begin_thread] {
        begin_thread();
        run();
      }) {
  pthread_setname_np(thread_.native_handle(), "rhumb-queries");
}

QueryLog::~QueryLog() {
  for (answer::QueryTap* tap : taps_)
    tap->close();
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

// The thread looks into the rings only when it has an order, and so after they are there.
void QueryLog::use(std::optional<QueryLogSettings> settings, DnstapSource source) {
  const std::optional<double> sample = settings ? std::optional(settings->sample) : std::nullopt;
  for (answer::QueryTap* tap : taps_)
    sample ? tap->open(*sample) : tap->close();
  {
    const std::lock_guard lock(mutex_);
    order_ = Order{std::move(settings), std::move(source)};
  }
  wake_.notify_one();
}

QueryLogCounts QueryLog::counts() const noexcept {
  QueryLogCounts counts{written_.load(std::memory_order_relaxed), 0, unwritten_.load(std::memory_order_relaxed)};
  for (const answer::QueryTap* tap : taps_)
    counts.dropped_full += tap->dropped();
  return counts;
}

void QueryLog::run() {
  while (wait())
    empty_rings();
  empty_rings();
}

// Until it is time to look into the rings. False: for the last time.
bool QueryLog::wait() {
  std::unique_lock lock(mutex_);
  const auto is_called = [this] { return order_ || is_stopping_; };
  if (sink_) {
    wake_.wait_for(lock, kInterval, is_called);
  } else {
    wake_.wait(lock, is_called);
  }
  if (is_stopping_ && !order_) return false;
  if (!order_) return true;
  Order order = std::move(*order_);
  order_.reset();
  lock.unlock();
  begin(std::move(order));
  return true;
}

void QueryLog::begin(Order order) {
  empty_rings();
  current_ = std::move(order);
  sink_ = current_.settings ? make_sink(*current_.settings) : nullptr;
  is_in_trouble_ = false;
}

void QueryLog::empty_rings() {
  if (!sink_) return;
  for (answer::QueryTap* tap : taps_)
    empty(*tap);
  write();
}

// What is there now and no more, so that others have their turn.
void QueryLog::empty(answer::QueryTap& tap) {
  for (std::size_t i = 0; i < answer::QueryTap::kRecordsMax; ++i) {
    const answer::QueryRecord* const record = tap.front();
    if (record == nullptr) return;
    append(*record);
    tap.pop();
    if (octets_.size() >= kBatchMax) write();
  }
}

void QueryLog::append(const answer::QueryRecord& record) {
  const QueryLogSettings& settings = *current_.settings;
  if (settings.format == QueryLogSettings::Format::json) {
    append_query_json(record, settings.kept_bits, octets_);
    octets_.push_back('\n');
  } else {
    append_dnstap(record, current_.source, settings, octets_);
  }
  ends_.push_back(octets_.size());
}

void QueryLog::write() {
  if (ends_.empty()) return;
  const QuerySink::Written written = sink_->write({octets_, ends_});
  const std::size_t dropped = ends_.size() - written.records;
  add(written_, written.records);
  add(unwritten_, dropped);
  octets_.clear();
  ends_.clear();
  tell_of(written.error, dropped);
}

// The first of a row of failures, and their end.
void QueryLog::tell_of(const std::string& error, std::size_t dropped) {
  if (dropped > 0) {
    if (!is_in_trouble_) tell_(true, fmt::format("{}; until it can be written, records are dropped", error));
    lost_ = (is_in_trouble_ ? lost_ : 0) + dropped;
    is_in_trouble_ = true;
  } else if (is_in_trouble_) {
    is_in_trouble_ = false;
    tell_(false, fmt::format("can be written again; {} records were dropped", lost_));
  }
}

}  // namespace rhumb::control
