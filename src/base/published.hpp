// One immutable value that many threads read while another replaces it: RCU in its cheapest form (liburcu, QSBR).
//
// A reader pays one load. In exchange a reading thread registers (ReaderThread) and is online only while it reads
// (Online); a writer that publishes waits until every thread that was online has gone through offline once, and then
// destroys the old value. A thread must therefore never block while it is online.
#pragma once

#include <atomic>
#include <memory>

#include <urcu/urcu-qsbr.h>

#ifdef RHUMB_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace rhumb {

// The thread sanitizer does not see into liburcu. These say what its grace period means: all that a reader did before
// it went offline happened before all that the writer does after the wait. They are nothing in other builds.
namespace grace_period {
#ifdef RHUMB_THREAD_SANITIZER
inline char place = 0;
inline void reader_left() noexcept {
  __tsan_release(&place);
}
inline void writer_waited() noexcept {
  __tsan_acquire(&place);
}
#else
inline void reader_left() noexcept {}
inline void writer_waited() noexcept {}
#endif
}  // namespace grace_period

// Registers the calling thread for as long as it lives; starts offline. One a thread.
class ReaderThread {
 public:
  ReaderThread() {
    urcu_qsbr_register_thread();
    urcu_qsbr_thread_offline();
  }
  ~ReaderThread() { urcu_qsbr_unregister_thread(); }
  ReaderThread(const ReaderThread&) = delete;
  ReaderThread& operator=(const ReaderThread&) = delete;
};

// While it lives, what Published::read() gave stays alive. Needs a ReaderThread on this thread. Does not nest.
class Online {
 public:
  Online() noexcept { urcu_qsbr_thread_online(); }
  ~Online() {
    grace_period::reader_left();
    urcu_qsbr_thread_offline();
  }
  Online(const Online&) = delete;
  Online& operator=(const Online&) = delete;
};

template <typename T>
class Published {
 public:
  explicit Published(std::unique_ptr<const T> first) : current_(first.release()) {}
  // No reader may be left.
  ~Published() { delete current_.load(); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // Valid until the caller's Online ends. Never null.
  [[nodiscard]] const T& read() const noexcept { return *current_.load(std::memory_order_acquire); }

  // Readers see `next` from now on; returns when the value before it has been destroyed. Blocks for one batch of the
  // slowest reader. From one thread at a time, which must not be online.
  void publish(std::unique_ptr<const T> next) {
    const T* old = current_.exchange(next.release(), std::memory_order_acq_rel);
    urcu_qsbr_synchronize_rcu();
    grace_period::writer_waited();
    delete old;
  }

 private:
  std::atomic<const T*> current_;
};

}  // namespace rhumb
