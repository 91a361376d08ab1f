#include "control/socket_file.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "control/socket_path.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;

constexpr mode_t kSocketMode = 0660;

[[noreturn]] void fail(int error, const std::string& message) {
  throw std::system_error(error, std::generic_category(), message);
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

}  // namespace

SocketFile::SocketFile(asio::io_context& context, std::filesystem::path file)
    : file_(std::move(file)), acceptor_(context) {
  if (file_.native().size() > kSocketPathMax) fail(ENAMETOOLONG, fmt::format("cannot listen on {}", file_.string()));
  open(acceptor_);
  bind_socket(context, acceptor_.native_handle(), file_);
  struct stat found {};
  if (lstat(file_.c_str(), &found) == 0) {
    device_ = found.st_dev;
    inode_ = found.st_ino;
  }
  boost::system::error_code error;
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return;
  unlink(file_.c_str());
  fail(error.value(), fmt::format("cannot listen on {}", file_.string()));
}

SocketFile::~SocketFile() {
  struct stat found {};
  if (lstat(file_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_) unlink(file_.c_str());
}

}  // namespace rhumb::control
