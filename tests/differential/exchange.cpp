#include "exchange.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

namespace rhumb::differential {
namespace {

constexpr std::chrono::milliseconds kResendAfter{500};
constexpr int kAttempts = 20;

int connect_to(const Endpoint& server) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  address.sin_addr.s_addr = htonl(server.address.as_v4());
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "connect to " + server.to_string());
  return fd;
}

// Id and question are those of the query: the question is echoed octet for octet, in its own case.
bool answers(Bytes response, const dns::Message& query, std::size_t question_size) {
  const std::size_t size = dns::kHeaderSize + question_size;
  return response.size() >= size && std::equal(query.begin(), query.begin() + 2, response.begin()) &&
         (response[2] & 0x80) != 0 &&
         std::ranges::equal(Bytes(query).subspan(dns::kHeaderSize, question_size),
                            response.subspan(dns::kHeaderSize, question_size));
}

std::size_t question_size(const dns::Message& query) {
  std::size_t at = dns::kHeaderSize;
  while (query[at] != 0)
    at += 1U + query[at];
  return at + 5 - dns::kHeaderSize;
}

}  // namespace

Exchange::Exchange(const std::array<Endpoint, kServers>& servers) : slots_(kWindow) {
  std::ranges::transform(servers, sockets_.begin(), connect_to);
}

Exchange::~Exchange() {
  for (const int fd : sockets_)
    close(fd);
}

void Exchange::ask(std::span<const Question> questions,
                   const std::function<void(std::size_t, const Responses&)>& take) {
  for (std::size_t first = 0; first < questions.size(); first += kWindow) {
    const auto window = questions.subspan(first, std::min(kWindow, questions.size() - first));
    ask_window(window);
    for (std::size_t i = 0; i < window.size(); ++i) {
      Responses responses;
      for (std::size_t server = 0; server < kServers; ++server)
        responses[server] = Bytes(slots_[i].octets[server]).first(slots_[i].sizes[server]);
      take(first + i, responses);
    }
  }
}

void Exchange::ask_window(std::span<const Question> questions) {
  first_id_ = static_cast<std::uint16_t>(first_id_ + kWindow);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    slots_[i].query = to_query(questions[i], static_cast<std::uint16_t>(first_id_ + i));
    slots_[i].sizes = {};
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    send_what_is_open(questions.size());
    const auto deadline = std::chrono::steady_clock::now() + kResendAfter;
    while (true) {
      std::array<pollfd, kServers> waiting{};
      bool is_complete = true;
      for (std::size_t server = 0; server < kServers; ++server) {
        const bool is_open = open_count(server, questions.size()) > 0;
        waiting[server] = {is_open ? sockets_[server] : -1, POLLIN, 0};
        is_complete = is_complete && !is_open;
      }
      if (is_complete) return;
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0 || poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) break;
      for (std::size_t server = 0; server < kServers; ++server) {
        if (waiting[server].revents != 0) receive(server, questions.size());
      }
    }
  }
  for (std::size_t server = 0; server < kServers; ++server) {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (slots_[i].sizes[server] > 0) continue;
      throw std::runtime_error(fmt::format("{} does not answer: {}", kServerNames[server], to_text(questions[i])));
    }
  }
}

void Exchange::send_what_is_open(std::size_t count) {
  for (std::size_t server = 0; server < kServers; ++server) {
    for (std::size_t i = 0; i < count; ++i) {
      const Slot& slot = slots_[i];
      // What cannot be sent is sent again.
      if (slot.sizes[server] == 0)
        static_cast<void>(send(sockets_[server], slot.query.data(), slot.query.size(), MSG_NOSIGNAL));
    }
  }
}

// All that has come from one server. Strays, such as second responses, are left out.
void Exchange::receive(std::size_t server, std::size_t count) {
  std::array<std::uint8_t, kResponseMax> octets;
  while (true) {
    const ssize_t size = recv(sockets_[server], octets.data(), octets.size(), 0);
    if (size < 0) return;
    if (static_cast<std::size_t>(size) < dns::kHeaderSize) continue;
    const Bytes response(octets.data(), static_cast<std::size_t>(size));
    const auto number = static_cast<std::uint16_t>(load_u16(octets.data()) - first_id_);
    if (number >= count) continue;
    Slot& slot = slots_[number];
    if (slot.sizes[server] > 0 || !answers(response, slot.query, question_size(slot.query))) continue;
    std::ranges::copy(response, slot.octets[server].begin());
    slot.sizes[server] = response.size();
  }
}

std::size_t Exchange::open_count(std::size_t server, std::size_t count) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(std::span(slots_).first(count), [&](const Slot& slot) { return slot.sizes[server] == 0; }));
}

}  // namespace rhumb::differential
