#include "daemon/predecessor.hpp"

#include <pthread.h>
#include <sys/socket.h>

#include <utility>

#include <spdlog/spdlog.h>

namespace rhumb::daemon {

Predecessor::~Predecessor() {
  shutdown(channel_.get(), SHUT_RDWR);
  await_connections();
}

Legacy Predecessor::take() {
  write_wish(channel_.get(), {Wish::Kind::take_over, {}});
  return daemon::take(channel_.get());
}

void Predecessor::succeed() {
  confirm(channel_.get());
  await_vacancy(channel_.get());
}

void Predecessor::take_connections(std::function<void(transport::TcpConnection)> adopt) {
  thread_ = std::thread([this, adopt = std::move(adopt)] {
    const std::size_t count = daemon::take_connections(channel_.get(), adopt);
    spdlog::info("{} TCP connections have been taken over", count);
  });
  pthread_setname_np(thread_.native_handle(), "rhumb-takeover");
}

void Predecessor::await_connections() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace rhumb::daemon
