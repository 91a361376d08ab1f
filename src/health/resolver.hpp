// From a name to an address, as the programs of this machine have it: getaddrinfo(3), with /etc/hosts and all.
//
// It blocks, for half a minute if no server answers, and nothing ends it. Asio's resolver has one thread for all names,
// so one whose servers are silent would keep the others waiting until their probes fail, and the program from ending.
// Here each look-up has a thread of its own, for which nobody waits: who asked goes on at his deadline, and what comes
// later is dropped.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/ip_address.hpp"

namespace rhumb::health {

struct Resolution {
  enum class Kind {
    found,
    not_found,      // there is no such name, it has no address, or no server tells
    timeout,        // not known at the deadline
    local_trouble,  // no memory, no thread, or too many of them
    cancelled,
  };
  Kind kind;
  IpAddress address = {};    // if found: the first of those that the name has
  std::string problem = {};  // if not found, or local trouble
};

// For coroutines of one thread.
class Resolver {
 public:
  // Look-ups at one time, those that nobody waits for any more included: each is a thread.
  static constexpr std::size_t kThreadsMax = 256;

  explicit Resolver(std::size_t threads_max = kThreadsMax) : threads_max_(threads_max) {}

  // `name` is absolute: no search list is tried. `timer` is the caller's, used for waiting, and whatever it was set to
  // is lost; to cancel it is to cancel this. Throws nothing but std::bad_alloc.
  [[nodiscard]] boost::asio::awaitable<Resolution> resolve(const std::string& name, boost::asio::steady_timer& timer,
                                                           std::chrono::steady_clock::time_point deadline);

 private:
  std::size_t threads_max_;
  // Shared with the threads, which may outlive this.
  std::shared_ptr<std::atomic<std::size_t>> threads_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace rhumb::health
