// The Unix socket that a server listens on, as a file.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace rhumb::control {

class SocketFile {
 public:
  // Listens on `file`, a path of at most kSocketPathMax octets, with mode 0660 from its first moment on. A file that a
  // dead server has left is replaced; one of a live server is an error, and so is anything that is no socket. Throws
  // std::system_error that says so.
  SocketFile(boost::asio::io_context& context, std::filesystem::path file);
  // Removes the file if it is still this one's.
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  [[nodiscard]] boost::asio::local::stream_protocol::acceptor& acceptor() noexcept { return acceptor_; }

 private:
  std::filesystem::path file_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  // Which file it is.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace rhumb::control
