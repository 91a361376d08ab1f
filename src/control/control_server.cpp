#include "control/control_server.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <list>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <pwd.h>

#include "control/handover_request.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using Clock = std::chrono::steady_clock;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

constexpr mode_t kSocketMode = 0660;
// After accept(2) failed for want of descriptors or memory: long enough not to spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

[[noreturn]] void fail(int error, const std::string& message) {
  throw std::system_error(error, std::generic_category(), message);
}

// Which file lies at a path.
struct FileId {
  dev_t device;
  ino_t inode;

  friend bool operator==(const FileId&, const FileId&) = default;
};

FileId id_of(const std::filesystem::path& file) {
  struct stat found {};
  if (lstat(file.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

// `socket` may be an acceptor. As std::system_error, which Asio's own exceptions are not.
template <typename Socket>
void open(Socket& socket) {
  boost::system::error_code error;
  socket.open(stream_protocol(), error);
  if (error) fail(error.value(), "cannot make a Unix socket");
}

// A socket of a dead server refuses; anything else has somebody behind it, or cannot be known.
void remove_if_stale(asio::io_context& context, const std::filesystem::path& file) {
  const auto type = std::filesystem::symlink_status(file).type();
  if (type != std::filesystem::file_type::socket)
    fail(EEXIST, fmt::format("{} is in the way and is no socket: remove it", file.string()));
  boost::system::error_code error;
  stream_protocol::socket probe(context);
  open(probe);
  probe.non_blocking(true);  // a live server whose queue is full must not hold us up
  probe.connect(stream_protocol::endpoint(file.string()), error);
  if (!error) fail(EADDRINUSE, fmt::format("cannot listen on {}: another server does", file.string()));
  if (error != asio::error::connection_refused) {
    fail(error.value(), fmt::format("cannot listen on {}: whether another server does cannot be told", file.string()));
  }
  unlink(file.c_str());
}

// Binds with the mode in place: on Linux the file gets that of the descriptor without the umask, so that nobody else
// can open it, not even for a moment; what the umask took is given back before anybody can connect.
void bind_socket(asio::io_context& context, int descriptor, const std::filesystem::path& file) {
  const stream_protocol::endpoint endpoint(file.string());
  if (fchmod(descriptor, kSocketMode) != 0) fail(errno, "cannot set the mode of a socket");
  int bound = ::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  if (bound != 0 && errno == EADDRINUSE) {
    remove_if_stale(context, file);
    bound = ::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  }
  if (bound != 0) {
    const int error = errno;
    fail(error, fmt::format("cannot listen on {}{}", file.string(),
                            error == ENOENT ? " (its directory must be there before)" : ""));
  }
  if (chmod(file.c_str(), kSocketMode) != 0) fail(errno, fmt::format("cannot set the mode of {}", file.string()));
}

// Who is at the other end: a login name, "uid 1000" where the system knows none.
std::string user_of(stream_protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  constexpr std::size_t kEntryMax = 16 * 1'024;  // octets of a line of passwd(5), far more than any has
  std::vector<char> buffer(kEntryMax);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return std::string(found->pw_name).substr(0, health::kOwnerMax);
  }
  return fmt::format("uid {}", peer.uid);
}

struct Session {
  explicit Session(stream_protocol::socket connected) : socket(std::move(connected)) {}

  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  stream_protocol::socket socket;
  std::string input;
  bool is_waiting = true;  // for a request; otherwise for the client to take a response
  Clock::time_point deadline = {};
};

using Sessions = std::list<Session>;

Response made(const std::optional<std::string>& refusal) {
  return {refusal.value_or(""), {}};
}

class Performance {
 public:
  Performance(health::Operations& operations, const std::string& user) : operations_(operations), user_(user) {}

  Response operator()(StatusCall /*call*/) const { return {"", operations_.status()}; }
  Response operator()(SetOverrideCall call) const {
    if (call.word.owner.empty()) call.word.owner = user_;
    return made(operations_.set_override(std::move(call.word), call.force));
  }
  Response operator()(const ClearOverrideCall& call) const { return made(operations_.clear_override(call.scope)); }
  Response operator()(const ResumeCall& call) const { return made(operations_.resume(call.scope)); }
  Response operator()(const ReportCall& call) const { return made(operations_.report(call.report)); }

 private:
  health::Operations& operations_;
  const std::string& user_;
};

}  // namespace

Response perform(health::Operations& operations, Request request, const std::string& user) noexcept {
  try {
    return std::visit(Performance(operations, user), std::move(request));
  } catch (const std::exception& error) {
    return {fmt::format("the call failed: {}", error.what()), {}};
  }
}

// All members belong to the thread that runs `context_`, except in the constructor and destructor.
class ControlServer::Loop {
 public:
  Loop(std::filesystem::path file, health::Operations& operations, ControlLimits limits,
       std::function<void(int)> take_over)
      : file_(std::move(file)),
        operations_(operations),
        limits_(limits),
        take_over_(std::move(take_over)),
        acceptor_(context_),
        sweep_(context_) {
    if (file_.native().size() > kSocketPathMax) fail(ENAMETOOLONG, fmt::format("cannot listen on {}", file_.string()));
    open(acceptor_);
    bind_socket(context_, acceptor_.native_handle(), file_);
    id_ = id_of(file_);
    boost::system::error_code error;
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return;
    unlink(file_.c_str());
    fail(error.value(), fmt::format("cannot listen on {}", file_.string()));
  }

  ~Loop() {
    if (id_of(file_) == id_) unlink(file_.c_str());
  }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    asio::co_spawn(context_, accept(), asio::detached);
    asio::co_spawn(context_, close_overdue(), asio::detached);
    context_.run();
  }
  void stop() { context_.stop(); }  // from any thread

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(Sessions::iterator session);
  asio::awaitable<bool> answer(Session& session, Response response);
  asio::awaitable<void> close_overdue();
  void give_connection_away(Session& session);
  [[nodiscard]] std::string take_line(Session& session, std::size_t size);
  void close_longest_waiting();

  std::filesystem::path file_;
  FileId id_{};
  health::Operations& operations_;
  ControlLimits limits_;
  std::function<void(int)> take_over_;
  asio::io_context context_{1};
  stream_protocol::acceptor acceptor_;
  asio::steady_timer sweep_;
  Sessions sessions_;
};

asio::awaitable<void> ControlServer::Loop::accept() {
  asio::steady_timer pause(context_);
  while (true) {
    auto [error, connected] = co_await acceptor_.async_accept(kNoThrow);
    if (!error) {
      if (sessions_.size() >= limits_.connections) close_longest_waiting();
      const auto session = sessions_.emplace(sessions_.end(), std::move(connected));
      session->deadline = Clock::now() + limits_.idle;
      asio::co_spawn(context_, serve(session), asio::detached);
    } else if (error != asio::error::connection_aborted) {
      close_longest_waiting();
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kNoThrow);
    }
  }
}

// The coroutine ends a session; everybody else just closes its socket, which wakes the coroutine.
asio::awaitable<void> ControlServer::Loop::serve(Sessions::iterator session) {
  const std::string user = user_of(session->socket);
  bool is_open = true;
  while (is_open) {
    const auto [error, size] = co_await asio::async_read_until(
        session->socket, asio::dynamic_buffer(session->input, kRequestMax + 1), '\n', kNoThrow);
    if (error == asio::error::not_found) {
      Response refusal{fmt::format("request: longer than {} octets", kRequestMax), {}};
      co_await answer(*session, std::move(refusal));
      break;
    }
    if (error) break;
    const std::string line = take_line(*session, size);
    if (take_over_ && line == kHandoverRequest) {
      Response granted;
      if (co_await answer(*session, std::move(granted))) give_connection_away(*session);
      break;
    }
    Decoded<Request> request = read_request(line);
    // A client that has not understood the protocol is told, and may go on.
    Response response =
        request.value ? perform(operations_, std::move(*request.value), user) : Response{std::move(request.error), {}};
    is_open = co_await answer(*session, std::move(response));
  }
  sessions_.erase(session);
}

void ControlServer::Loop::give_connection_away(Session& session) {
  const int descriptor = session.socket.release();
  fcntl(descriptor, F_SETFL, 0);  // Asio's sockets do not block
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  take_over_(descriptor);
}

// `size` octets with the end of the line.
std::string ControlServer::Loop::take_line(Session& session, std::size_t size) {
  std::string line = session.input.substr(0, size - 1);
  session.input.erase(0, size);
  return line;
}

// Whether the client has taken it.
asio::awaitable<bool> ControlServer::Loop::answer(Session& session, Response response) {
  const std::string line = to_json(response) + "\n";
  session.is_waiting = false;
  session.deadline = Clock::now() + limits_.write;
  const auto [error, size] = co_await asio::async_write(session.socket, asio::buffer(line), kNoThrow);
  session.is_waiting = true;
  session.deadline = Clock::now() + limits_.idle;
  co_return !error;
}

asio::awaitable<void> ControlServer::Loop::close_overdue() {
  while (true) {
    for (Session& session : sessions_) {
      if (session.deadline <= Clock::now()) session.close();
    }
    // A quarter of the shorter limit is as exact as anybody needs.
    sweep_.expires_after(std::min(limits_.idle, limits_.write) / 4);
    co_await sweep_.async_wait(kNoThrow);
  }
}

void ControlServer::Loop::close_longest_waiting() {
  // Those who wait for a request before those who take a response; closed ones are about to end and make no room.
  const auto rank = [](const Session& session) {
    return std::tuple(!session.socket.is_open(), !session.is_waiting, session.deadline);
  };
  const auto first = std::ranges::min_element(sessions_, {}, rank);
  if (first != sessions_.end()) first->close();
}

ControlServer::ControlServer(std::filesystem::path socket_file, health::Operations& operations, ControlLimits limits,
                             std::function<void(int descriptor)> take_over)
    : loop_(std::make_unique<Loop>(std::move(socket_file), operations, limits, std::move(take_over))),
      thread_([this] { loop_->run(); }) {
  pthread_setname_np(thread_.native_handle(), "rhumb-control");
}

ControlServer::~ControlServer() {
  loop_->stop();
  thread_.join();
}

}  // namespace rhumb::control
