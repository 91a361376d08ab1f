// The running server's part in being replaced: who comes to take over or to ask for an upgrade, and the successor that
// it starts itself.
//
// A successor of its own is a child, and so has what this process has: its environment, its log, its control group, its
// limits. It gets one end of a socket pair; one that somebody else has started comes over the control channel. Both are
// dealt with alike, by the main thread, one at a time.
//
// Children are started by a thread that is made before the main thread gives up its priority and enters the sandbox: a
// successor must not serve at a lower one, nor within the limits of an older configuration. Alone among the threads, it
// passes on the capabilities that the server has.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/handover.hpp"
#include "transport/socket.hpp"

namespace rhumb::daemon {

class Succession {
 public:
  // From starting a successor to hearing of it: time to load.
  static constexpr std::chrono::minutes kStartPatience{15};
  // Of those who have come and not been dealt with; more are turned away.
  static constexpr std::size_t kArrivalsMax = 8;

  // `program_arguments` are what a successor is started with, behind the program; it finds its end of the socket pair
  // as descriptor kChannel. `wake` is called, from any thread, when attend() has something to do.
  Succession(std::vector<std::string> program_arguments, std::function<void()> wake);
  // Kills the successor that has been started and not come.
  ~Succession();
  Succession(const Succession&) = delete;
  Succession& operator=(const Succession&) = delete;

  static constexpr int kChannel = 3;

  // Somebody on a connected Unix stream socket that blocks, which is closed if he may not: only root and the user that
  // this process runs as may. From any thread.
  void arrive(int fd) noexcept;
  // As if somebody had asked for an upgrade to the program that is running.
  void upgrade();

  // What a successor gets is asked for when there is one: `estate`, from which on it must not change until `keep` is
  // called, should the successor fail. Returns the connection to the successor that has taken over, after which this
  // process has to leave. From the main thread.
  struct Heritage {
    std::function<Estate()> estate;
    std::function<void()> keep;
  };
  [[nodiscard]] transport::Descriptor attend(const Heritage& heritage);

 private:
  struct Arrival {
    transport::Descriptor channel;
    bool is_ours = false;  // this process has started it
    pid_t child = 0;       // if so, and it could be started
  };

  void run();
  void start(const std::filesystem::path& program);
  [[nodiscard]] bool deal_with(Arrival& arrival, const Heritage& heritage);
  [[nodiscard]] bool give_to(Arrival& arrival, const Heritage& heritage);
  void order(const std::filesystem::path& program, transport::Descriptor asker);
  void fail(const Arrival& arrival, const std::string& reason);
  void report(const Report& report);

  std::vector<std::string> program_arguments_;
  std::function<void()> wake_;
  std::filesystem::path own_program_;
  transport::Descriptor asker_;  // who waits for a report
  transport::Descriptor stop_;   // an eventfd

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Arrival> arrivals_;
  std::optional<std::filesystem::path> ordered_;  // a program to be started
  bool is_starting_ = false;                      // since an order, until what became of it is known
  bool is_stopping_ = false;

  std::thread thread_;
};

}  // namespace rhumb::daemon
