// What systemd is told and gives, with the test in its place.
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/loopback.hpp"
#include "support/wait_until.hpp"
#include "transport/socket.hpp"
#include "world.hpp"

namespace rhumb::test {
namespace {

using testing::HasSubstr;

// Where a service tells its manager how it is (sd_notify(3)).
class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& file) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, file.c_str(), sizeof address.sun_path - 1);
    if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot bind " + file.string());
    }
    setenv("NOTIFY_SOCKET", file.c_str(), 1);
  }
  ~NotifySocket() { unsetenv("NOTIFY_SOCKET"); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // True when a message with `text` comes, sooner or later; those before it are forgotten.
  [[nodiscard]] bool hears(const std::string& text) {
    return wait_until([&] {
      std::array<char, 4'096> message{};
      const ssize_t size = recv(socket_.get(), message.data(), message.size(), MSG_DONTWAIT);
      return size > 0 &&
             std::string_view(message.data(), static_cast<std::size_t>(size)).find(text) != std::string::npos;
    });
  }

 private:
  transport::Descriptor socket_;
};

TEST(Systemd, IsToldOfReadinessReloadsAndTheStop) {
  World world;
  NotifySocket notify(world.path() / "notify");
  RhumbProcess& rhumb = world.serve();
  EXPECT_TRUE(notify.hears("READY=1\nSTATUS=answering from 1 zones and 1 services"));
  world.reload();
  EXPECT_TRUE(notify.hears("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_TRUE(notify.hears("READY=1"));
  rhumb.signal(SIGTERM);
  EXPECT_TRUE(notify.hears("STOPPING=1"));
  EXPECT_EQ(rhumb.wait_for_exit(), "status 0");
}

TEST(Systemd, HasASignOfLifeAsOftenAsItWants) {
  World world;
  NotifySocket notify(world.path() / "notify");
  setenv("WATCHDOG_USEC", "60000", 1);
  world.serve();
  unsetenv("WATCHDOG_USEC");
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(notify.hears("WATCHDOG=1")) << i;
}

TEST(Systemd, FollowsTheSuccessor) {
  World world;
  world.config["control"] = {{"socket", "control.sock"}};
  NotifySocket notify(world.path() / "notify");
  RhumbProcess& old = world.serve();
  EXPECT_TRUE(notify.hears("READY=1"));
  RhumbProcess successor(world.path(), {"serve", "--config", "rhumb.json", "--replace"});
  EXPECT_TRUE(notify.hears("MAINPID=" + std::to_string(successor.id())));
  EXPECT_TRUE(notify.hears("READY=1")) << "from the successor, when it is the service";
  EXPECT_EQ(old.wait_for_exit(), "status 0");
}

// Binds sockets, and becomes the server with them, as systemd does for a socket unit.
constexpr const char* kActivate = R"(
import os, socket, sys
program, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
sockets = []
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    one = socket.socket(socket.AF_INET, kind)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
    one.bind((address, port))
    sockets.append(one)
sockets[0].listen(8)
high = [os.dup2(one.fileno(), 100 + i) for i, one in enumerate(sockets)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.closerange(5, 200)
os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))
os.execv(program, [program, "serve", "--config", "rhumb.json"])
)";

TEST(Systemd, ItsSocketsAreServedAndNoOthersAreBound) {
  World world;
  const Endpoint endpoint{loopback(1), free_port({loopback(1)})};
  world.config["listen"] = Json::array({endpoint.to_string()});
  world.config["threads"] = 1;
  world.write_config();
  ChildProcess rhumb(world.path(), {"/usr/bin/python3", "-c", kActivate, RHUMB_PROGRAM, endpoint.address.to_string(),
                                    std::to_string(endpoint.port)});
  EXPECT_TRUE(wait_until([&] { return rhumb.log().find("listening on") != std::string::npos; })) << rhumb.log();
  const auto response = UdpClient(endpoint).ask(to_query({.name = "static.example.com"}));
  ASSERT_TRUE(response);
  EXPECT_THAT(parse_response(*response).answer, testing::SizeIs(1));
  const TcpClient client(endpoint);
  client.send_raw(with_length(to_query({.name = "static.example.com"})));
  EXPECT_TRUE(client.receive());
  EXPECT_THAT(rhumb.log(), testing::Not(HasSubstr("error")));
}

}  // namespace
}  // namespace rhumb::test
