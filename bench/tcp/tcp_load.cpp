// Loads a DNS server over TCP connections that are kept, and tells what a query costs it.
//
// Each connection has a fixed number of queries in flight: for the answers that one read brings, so many new queries go
// out with one write. That is what a resolver that pipelines does at its best, and it leaves the driver far behind the
// server: queries lie ready to be sent, of an answer only the length, the order and the response code are looked at.
// The server's own CPU time for a query says more than queries a second, which the machine's other work disturbs.
//
// usage: rhumb_tcp_load [OPTION VALUE]… IPV4_ADDRESS PORT
//   --queries FILE      what to ask: messages behind their lengths, as dnsperf -B takes them; asked again and again
//   --connections N     (8)
//   --in-flight N       queries on each connection (16)
//   --per-write N       of them that one write carries at most (16); 1: a resolver that sends each as it comes
//   --seconds N         (5)
//   --pid PID           the server, to tell its CPU time
//   --idle N            instead: open N connections, send nothing, tell what they cost the server of --pid
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "process_cost.hpp"
#include "query_stream.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kReadSize = 1 << 18;
constexpr std::size_t kLengthSize = 2;
constexpr std::uint8_t kRcodeMask = 0x0F;
// Connections of one source address, so that --idle stays under a limit for each client network.
constexpr std::size_t kIdlePerSource = 200;
constexpr std::chrono::seconds kWarmUp{1};
constexpr std::chrono::seconds kIdleTime{5};
constexpr std::chrono::seconds kStallMax{10};

struct Arguments {
  std::string queries;
  std::size_t connections = 8;
  std::size_t in_flight = 16;
  std::size_t per_write = 16;
  std::size_t seconds = 5;
  std::optional<pid_t> process;
  std::size_t idle = 0;
  sockaddr_in server{};
};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// From `source`, in host byte order; 0: any.
int connect_to(const sockaddr_in& server, std::uint32_t source) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (source != 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(source);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) fail("bind");
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) fail("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, const std::uint8_t* octets, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, octets, size, MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    octets += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

struct Connection {
  int fd;
  std::size_t next_query;             // to send
  std::size_t next_answer;            // of which query the next answer must be
  std::vector<std::uint8_t> partial;  // of an answer
};

class Load {
 public:
  explicit Load(const Arguments& arguments) : arguments_(arguments), queries_(arguments.queries) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < arguments.connections; ++i) {
      const std::size_t start = i * queries_.count() / arguments.connections;
      connections_.push_back({connect_to(arguments.server, 0), start, start, {}});
    }
    for (Connection& connection : connections_) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) fail("epoll_ctl");
      ask(connection, arguments.in_flight);
    }
  }

  // Answers that came in that time.
  std::uint64_t run(std::chrono::nanoseconds time) {
    const std::uint64_t before = answers_;
    for (const auto end = Clock::now() + time; Clock::now() < end;)
      turn();
    return answers_ - before;
  }

 private:
  void turn() {
    std::array<epoll_event, 256> events;
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(std::chrono::milliseconds(kStallMax).count()));
    if (ready == 0) throw std::runtime_error("the server does not answer any more");
    for (int i = 0; i < ready; ++i)
      read_answers(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
  }

  void read_answers(Connection& connection) {
    const std::size_t kept = connection.partial.size();
    std::copy(connection.partial.begin(), connection.partial.end(), buffer_.begin());
    const ssize_t size = recv(connection.fd, buffer_.data() + kept, buffer_.size() - kept, 0);
    if (size <= 0) throw std::runtime_error("the server closed a connection");
    const std::uint8_t* at = buffer_.data();
    const std::uint8_t* const end = at + kept + size;
    std::size_t count = 0;
    while (end - at >= static_cast<std::ptrdiff_t>(kLengthSize)) {
      const std::uint8_t* const next = at + kLengthSize + (std::size_t{at[0]} << 8 | at[1]);
      if (next > end) break;
      check(connection, at + kLengthSize, static_cast<std::size_t>(next - at) - kLengthSize);
      at = next;
      ++count;
    }
    connection.partial.assign(at, end);
    answers_ += count;
    ask(connection, count);
  }

  // Answers must be of the queries in their order and without an error; a server that refuses all would be the fastest.
  void check(Connection& connection, const std::uint8_t* answer, std::size_t size) {
    const std::uint8_t* const query = queries_.begin_of(connection.next_answer) + kLengthSize;
    connection.next_answer = (connection.next_answer + 1) % queries_.count();
    if (size < kHeaderSize) throw std::runtime_error("an answer without a header");
    if (answer[0] != query[0] || answer[1] != query[1]) throw std::runtime_error("an answer out of order");
    if ((answer[3] & kRcodeMask) != 0) throw std::runtime_error("an answer with an error");
  }

  void ask(Connection& connection, std::size_t count) {
    while (count > 0) {
      const std::size_t now = std::min({count, arguments_.per_write, queries_.count() - connection.next_query});
      send_all(connection.fd, queries_.begin_of(connection.next_query), queries_.size_of(connection.next_query, now));
      connection.next_query = (connection.next_query + now) % queries_.count();
      count -= now;
    }
  }

  const Arguments& arguments_;
  QueryStream queries_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::uint64_t answers_ = 0;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kReadSize);
};

double cpu_us(const Arguments& arguments) {
  return arguments.process ? static_cast<double>(cpu_time_ns(*arguments.process)) / 1e3 : 0;
}

void load(const Arguments& arguments) {
  Load load(arguments);
  load.run(kWarmUp);
  const double before_us = cpu_us(arguments);
  const auto start = Clock::now();
  const auto answers = static_cast<double>(load.run(std::chrono::seconds(arguments.seconds)));
  const std::chrono::duration<double> taken = Clock::now() - start;
  std::printf("%zu connections, %zu queries in flight on each: %.0f queries/s", arguments.connections,
              arguments.in_flight, answers / taken.count());
  if (arguments.process) std::printf(", server %.3f CPU us/query", (cpu_us(arguments) - before_us) / answers);
  std::printf("\n");
}

void idle(const Arguments& arguments) {
  if (!arguments.process) throw std::runtime_error("--idle needs --pid");
  constexpr std::uint32_t kFirstSource = 127U << 24 | 1U << 16 | 1;  // 127.1.0.1; another /24 for each next one
  const std::uint64_t memory_before = resident_size(*arguments.process);
  const double open_before_us = cpu_us(arguments);
  std::vector<int> connections;
  for (std::size_t i = 0; i < arguments.idle; ++i) {
    const auto network = static_cast<std::uint32_t>(i / kIdlePerSource);
    connections.push_back(connect_to(arguments.server, kFirstSource + (network << 8)));
  }
  std::this_thread::sleep_for(kWarmUp);  // until the server has taken all of them
  const double idle_before_us = cpu_us(arguments);
  std::this_thread::sleep_for(kIdleTime);
  const double idle_us = cpu_us(arguments) - idle_before_us;
  const auto growth = static_cast<double>(resident_size(*arguments.process)) - static_cast<double>(memory_before);
  std::size_t open = 0;
  for (const int fd : connections) {
    std::uint8_t octet = 0;
    open += recv(fd, &octet, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN ? 1 : 0;
  }
  std::printf(
      "%zu of %zu idle connections open: %.2f MB of memory, %.1f CPU us for each to open, %.0f CPU us in %ld s\n", open,
      arguments.idle, growth / 1e6, (idle_before_us - open_before_us) / static_cast<double>(arguments.idle), idle_us,
      static_cast<long>(kIdleTime.count()));
}

std::size_t number(const char* text) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (end == text || *end != 0) throw std::runtime_error(std::string(text) + " is not a number");
  return value;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  int at = 1;
  for (; at + 1 < argc && std::strncmp(argv[at], "--", 2) == 0; at += 2) {
    const std::string option = argv[at];
    const char* value = argv[at + 1];
    if (option == "--queries")
      arguments.queries = value;
    else if (option == "--connections")
      arguments.connections = number(value);
    else if (option == "--in-flight")
      arguments.in_flight = number(value);
    else if (option == "--per-write")
      arguments.per_write = std::max(number(value), std::size_t{1});
    else if (option == "--seconds")
      arguments.seconds = number(value);
    else if (option == "--pid")
      arguments.process = static_cast<pid_t>(number(value));
    else if (option == "--idle")
      arguments.idle = number(value);
    else
      throw std::runtime_error("unknown option " + option);
  }
  arguments.server.sin_family = AF_INET;
  if (argc - at != 2 || inet_pton(AF_INET, argv[at], &arguments.server.sin_addr) != 1) {
    throw std::runtime_error("usage: rhumb_tcp_load [OPTION VALUE]... IPV4_ADDRESS PORT");
  }
  arguments.server.sin_port = htons(static_cast<std::uint16_t>(number(argv[at + 1])));
  return arguments;
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse(argc, argv);
    raise_descriptor_limit();
    if (arguments.idle > 0)
      idle(arguments);
    else
      load(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rhumb_tcp_load: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
