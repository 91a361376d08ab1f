#include "control/control_client.hpp"

#include <sys/stat.h>

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <grp.h>

#include "control/socket_path.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;

// "rhumb", or "group 990" where the system knows no name; empty when it cannot be told.
std::string group_of(const std::filesystem::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return {};
  constexpr std::size_t kEntryMax = 256 * 1'024;  // octets of a line of group(5): it names all members
  std::vector<char> buffer(kEntryMax);
  group entry{};
  group* known = nullptr;
  if (getgrgid_r(found.st_gid, &entry, buffer.data(), buffer.size(), &known) == 0 && known != nullptr) {
    return fmt::format("group \"{}\"", known->gr_name);
  }
  return fmt::format("group {}", found.st_gid);
}

std::string advice(const std::filesystem::path& file, const boost::system::error_code& error) {
  if (error == asio::error::connection_refused || error.value() == ENOENT) {
    return fmt::format("no server listens on {}: is `rhumb serve` running, and with this configuration?",
                       file.string());
  }
  if (error == asio::error::access_denied) {
    const std::string group = group_of(file);
    return fmt::format("you may not use {}: {}", file.string(),
                       group.empty() ? "its directory is closed to you"
                                     : fmt::format("only its owner and its {} may, or root", group));
  }
  return fmt::format("cannot connect to {}: {}", file.string(), error.message());
}

}  // namespace

class ControlClient::Connection {
 public:
  Connection(std::filesystem::path file, std::chrono::milliseconds patience)
      : file_(std::move(file)), patience_(patience), socket_(context_) {
    if (file_.native().size() > kSocketPathMax) {
      throw Unreachable(fmt::format("{}: the path of a socket has at most {} octets", file_.string(), kSocketPathMax));
    }
    boost::system::error_code error;
    socket_.async_connect(stream_protocol::endpoint(file_.string()), [&](auto result) { error = result; });
    wait();
    if (error) throw Unreachable(advice(file_, error));
  }

  Response call(const Request& request) {
    const std::string line = to_json(request) + "\n";
    // The server refuses what is longer, and closes: say so before.
    if (line.size() > kRequestMax) throw Unreachable(fmt::format("a request has at most {} octets", kRequestMax));
    boost::system::error_code error;
    std::size_t size = 0;
    asio::async_write(socket_, asio::buffer(line), [&](auto failed, std::size_t) {
      if (failed) return void(error = failed);
      asio::async_read_until(socket_, asio::dynamic_buffer(input_, kResponseMax + 1), '\n',
                             [&](auto result, std::size_t line_size) {
                               error = result;
                               size = line_size;
                             });
    });
    wait();
    if (error) {
      throw Unreachable(fmt::format("the server at {} did not answer: {}", file_.string(), error.message()));
    }
    Decoded<Response> response = read_response(std::string_view(input_).substr(0, size - 1));
    input_.erase(0, size);
    if (!response.value) {
      throw Unreachable(
          fmt::format("what listens on {} does not speak as this rhumb does ({}): is it of another "
                      "version?",
                      file_.string(), response.error));
    }
    return std::move(*response.value);
  }

 private:
  // For what has been started. Its handlers have run when this returns or throws.
  void wait() {
    context_.restart();
    context_.run_for(patience_);
    if (context_.stopped()) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    context_.run();
    throw Unreachable(fmt::format("the server at {} did not answer within {} s", file_.string(),
                                  std::chrono::duration<double>(patience_).count()));
  }

  std::filesystem::path file_;
  std::chrono::milliseconds patience_;
  asio::io_context context_{1};
  stream_protocol::socket socket_;
  std::string input_;
};

ControlClient::ControlClient(std::filesystem::path socket_file, std::chrono::milliseconds patience)
    : connection_(std::make_unique<Connection>(std::move(socket_file), patience)) {}

ControlClient::~ControlClient() = default;

Response ControlClient::call(const Request& request) {
  return connection_->call(request);
}

}  // namespace rhumb::control
