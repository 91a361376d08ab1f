#include "health/resolver.hpp"

#include <netinet/in.h>
#include <pthread.h>

#include <cerrno>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>
#include <netdb.h>
#include <resolv.h>

#include "health/await.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::steady_timer;
using Kind = Resolution::Kind;

// Between a look-up's thread and the coroutine that waits for it, whichever ends first.
struct LookUp {
  LookUp(steady_timer& timer, std::shared_ptr<std::atomic<std::size_t>> thread_count)
      : waiting(&timer), threads(std::move(thread_count)) {}

  std::mutex mutex;
  steady_timer* waiting;  // null when nobody waits any more
  std::optional<Resolution> result;
  const std::shared_ptr<std::atomic<std::size_t>> threads;
};

// One try at each server: the next probe is the next try. Both are this thread's own.
void configure_resolver() {
  if (res_init() != 0) return;
  _res.options &= ~static_cast<unsigned long>(RES_DNSRCH | RES_DEFNAMES);
  _res.retry = 1;
}

IpAddress address_of(const sockaddr& from) {
  if (from.sa_family == AF_INET)
    return IpAddress::v4(ntohl(reinterpret_cast<const sockaddr_in&>(from).sin_addr.s_addr));
  IpAddress address{0, Family::v6};
  for (const std::uint8_t octet : reinterpret_cast<const sockaddr_in6&>(from).sin6_addr.s6_addr)
    address.bits = address.bits << 8 | octet;
  return address;
}

Resolution unresolved(int code) {
  if (code == EAI_SYSTEM) return {Kind::local_trouble, {}, std::generic_category().message(errno)};
  return {code == EAI_MEMORY ? Kind::local_trouble : Kind::not_found, {}, gai_strerror(code)};
}

Resolution look_up(const std::string& name) {
  configure_resolver();
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(name.c_str(), nullptr, &wanted, &list);
  if (code != 0) return unresolved(code);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> held(list, &freeaddrinfo);
  return {Kind::found, address_of(*list->ai_addr), {}};
}

void run(const std::shared_ptr<LookUp>& shared, const std::string& name) {
  pthread_setname_np(pthread_self(), "rhumb-resolve");
  Resolution result = look_up(name);
  --*shared->threads;
  const std::lock_guard lock(shared->mutex);
  if (shared->waiting == nullptr) return;
  shared->result = std::move(result);
  // While somebody waits there is an executor; the timer is touched on its thread only.
  asio::post(shared->waiting->get_executor(), [shared] {
    const std::lock_guard held(shared->mutex);
    if (shared->waiting != nullptr) shared->waiting->cancel();
  });
}

// Why there is no thread; nothing if there is one.
std::optional<Resolution> start(const std::shared_ptr<LookUp>& shared, const std::string& name,
                                std::size_t threads_max) {
  if (*shared->threads >= threads_max) return Resolution{Kind::local_trouble, {}, "too many names are being resolved"};
  ++*shared->threads;
  try {
    std::thread(run, shared, name).detach();
  } catch (const std::system_error& error) {
    --*shared->threads;
    return Resolution{Kind::local_trouble, {}, error.what()};
  }
  return std::nullopt;
}

}  // namespace

asio::awaitable<Resolution> Resolver::resolve(const std::string& name, steady_timer& timer,
                                              std::chrono::steady_clock::time_point deadline) {
  const auto shared = std::make_shared<LookUp>(timer, threads_);
  timer.expires_at(deadline);
  if (auto trouble = start(shared, name, threads_max_)) co_return std::move(*trouble);
  const auto [error] = co_await timer.async_wait(kAwait);
  const std::lock_guard lock(shared->mutex);
  shared->waiting = nullptr;
  if (shared->result) co_return std::move(*shared->result);
  co_return Resolution{error ? Kind::cancelled : Kind::timeout};
}

}  // namespace rhumb::health
