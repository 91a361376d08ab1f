#include "transport/bound_sockets.hpp"

#include <algorithm>
#include <cassert>
#include <system_error>
#include <utility>

namespace rhumb::transport {
namespace {

// An option that is an integer; nothing when `fd` has none such, or is no socket.
std::optional<int> option_of(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0) return std::nullopt;
  return value;
}

// What keeps `fd` from being served; nothing when it can be.
std::optional<std::string> unfitness(int fd) {
  constexpr int kNone = -1;
  const int type = option_of(fd, SO_TYPE).value_or(kNone);
  if (type == kNone) return "no socket";
  const int family = option_of(fd, SO_DOMAIN).value_or(kNone);
  if (family != AF_INET && family != AF_INET6) return "a socket of another kind than IPv4 and IPv6";
  if (type != SOCK_DGRAM && type != SOCK_STREAM) return "a socket for neither UDP nor TCP";
  if (type == SOCK_STREAM && option_of(fd, SO_ACCEPTCONN) != 1) return "a TCP socket that does not listen";
  if (bound_endpoint(fd).port == 0) return "a socket that is not bound";
  return std::nullopt;
}

// Beside sockets that a more privileged process has bound no others can be.
bool is_forbidden(const std::system_error& error) {
  return error.code() == std::errc::permission_denied || error.code() == std::errc::address_in_use;
}

// One more beside `others`. The first for TCP is bound alone, which fails where another server listens, and shares its
// address only then.
Descriptor bind_beside(std::span<const Descriptor> others, const Endpoint& endpoint, int type) {
  if (others.empty()) return bind_socket(endpoint, type, type == SOCK_DGRAM);
  for (const Descriptor& other : others)
    set_option(other.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  // Those after the first share the port that it was given.
  return bind_socket(bound_endpoint(others.front().get()), type, true);
}

}  // namespace

std::optional<std::string> BoundSockets::add(Descriptor socket) {
  if (auto unfit = unfitness(socket.get())) return unfit;
  const int fd = socket.get();
  entries_.push_back({bound_endpoint(fd), option_of(fd, SO_TYPE).value_or(0), std::move(socket)});
  return std::nullopt;
}

std::vector<Descriptor> BoundSockets::take(const Endpoint& endpoint, int type, unsigned count) {
  assert(count >= 1);
  std::vector<Descriptor> taken;
  std::vector<Entry> left;
  for (Entry& entry : entries_) {
    if (entry.endpoint == endpoint && entry.type == type) {
      taken.push_back(std::move(entry.socket));
    } else {
      left.push_back(std::move(entry));
    }
  }
  entries_ = std::move(left);
  while (taken.size() < count) {
    try {
      taken.push_back(bind_beside(taken, endpoint, type));
    } catch (const std::system_error& error) {
      if (taken.empty() || !is_forbidden(error)) throw;
      return taken;
    }
  }
  return taken;
}

void BoundSockets::bind_missing(std::span<const Endpoint> endpoints, unsigned count) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    for (const Endpoint& endpoint : endpoints) {
      for (Descriptor& socket : take(endpoint, type, count))
        entries_.push_back({endpoint, type, std::move(socket)});
    }
  }
}

std::size_t BoundSockets::count(const Endpoint& endpoint, int type) const noexcept {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.endpoint == endpoint && entry.type == type;
  }));
}

std::vector<BoundSockets::Left> BoundSockets::left() const {
  std::vector<Left> left;
  for (const Entry& entry : entries_)
    left.push_back({entry.endpoint, entry.type});
  return left;
}

}  // namespace rhumb::transport
