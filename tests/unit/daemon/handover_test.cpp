#include "daemon/handover.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>
#include <string>
#include <system_error>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using transport::Descriptor;

// Two processes' ends of one connection.
struct Ends {
  Ends() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    old = Descriptor(ends[0]);
    successor = Descriptor(ends[1]);
  }

  Descriptor old;
  Descriptor successor;
};

// Runs the predecessor's side; empty when it has given everything, or why it goes on.
std::future<std::string> giving(const Ends& ends, const Estate& estate) {
  return std::async(std::launch::async, [fd = ends.old.get(), &estate]() -> std::string {
    try {
      static_cast<void>(read_wish(fd));
      give(fd, estate);
    } catch (const HandoverError& error) {
      return error.what();
    }
    return "";
  });
}

Estate some_estate(const std::vector<Descriptor>& sockets) {
  Estate estate;
  estate.cookie_master = {1, 2, 3};
  for (const Descriptor& socket : sockets)
    estate.sockets.push_back(socket.get());
  estate.memory.probes["http 192.0.2.1"].evidence = "HTTP 200";
  estate.memory.overrides.push_back({{"eu-west", "", ""}, health::Override::Action::drain, "new disks", "ada"});
  return estate;
}

std::vector<Descriptor> bound_sockets(std::size_t count) {
  std::vector<Descriptor> sockets;
  Endpoint endpoint{IpAddress::v4(0x7F00'0001), 0};
  for (std::size_t i = 0; i < count; ++i) {
    sockets.push_back(transport::bind_socket(endpoint, SOCK_DGRAM, true));
    endpoint = transport::bound_endpoint(sockets.back().get());
  }
  return sockets;
}

TEST(Handover, TheSuccessorHasAllThatTheOldOneHad) {
  const Ends ends;
  const auto sockets = bound_sockets(300);  // more than one message takes
  const Estate estate = some_estate(sockets);
  auto given = giving(ends, estate);
  write_wish(ends.successor.get(), {});
  Legacy legacy = take(ends.successor.get());
  EXPECT_EQ(legacy.cookie_master, estate.cookie_master);
  EXPECT_EQ(legacy.memory, estate.memory);
  const auto taken = legacy.sockets.take(transport::bound_endpoint(sockets[0].get()), SOCK_DGRAM, 1);
  EXPECT_THAT(taken, SizeIs(300));
  confirm(ends.successor.get());
  EXPECT_EQ(given.get(), "");
}

TEST(Handover, WithoutAConfirmationTheOldOneGoesOn) {
  const std::vector<std::function<void(int)>> steps{
      [](int) {},
      [](int fd) { write_wish(fd, {}); },
      [](int fd) {
        write_wish(fd, {});
        static_cast<void>(read_frame(fd, 1'000));
      },
      [](int fd) {
        write_wish(fd, {});
        static_cast<void>(take(fd));
      },
  };
  for (const auto& step : steps) {
    Ends ends;
    const auto sockets = bound_sockets(3);
    const Estate estate = some_estate(sockets);
    auto given = giving(ends, estate);
    step(ends.successor.get());
    ends.successor = Descriptor();
    EXPECT_NE(given.get(), "");
  }
}

TEST(Handover, WithoutTheOldOnesWordTheSuccessorFails) {
  Ends ends;
  write_wish(ends.successor.get(), {});
  write_frame(ends.successor.get(), 6, {});
  static_cast<void>(read_wish(ends.old.get()));
  ends.old = Descriptor();
  EXPECT_THROW(confirm(ends.successor.get()), HandoverError);
}

TEST(Handover, TheReasonOfARefusalReachesWhoAsks) {
  const Ends ends;
  write_wish(ends.successor.get(), {});
  refuse(ends.old.get(), "only root may");
  try {
    static_cast<void>(take(ends.successor.get()));
    FAIL() << "it was refused";
  } catch (const HandoverError& error) {
    EXPECT_THAT(error.what(), HasSubstr("only root may"));
  }
}

TEST(Handover, ConnectionsComeWithWhatHasBeenReadOfThem) {
  const Ends ends;
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const Descriptor reading(pipe_ends[0]);
  EXPECT_TRUE(
      give_connection(ends.old.get(), {Descriptor(pipe_ends[1]), {0, 40, 7}, std::chrono::milliseconds(1'234)}));
  EXPECT_TRUE(give_connection(ends.old.get(), {Descriptor(dup(pipe_ends[0])), {}, std::chrono::milliseconds(0)}));
  end_handover(ends.old.get());
  std::vector<transport::TcpConnection> connections;
  const auto adopt = [&](transport::TcpConnection connection) { connections.push_back(std::move(connection)); };
  EXPECT_EQ(take_connections(ends.successor.get(), adopt), 2U);
  ASSERT_THAT(connections, SizeIs(2));
  EXPECT_THAT(connections[0].begun, ElementsAre(0, 40, 7));
  EXPECT_EQ(connections[0].age, std::chrono::milliseconds(1'234));
  EXPECT_THAT(connections[1].begun, IsEmpty());
  EXPECT_EQ(write(connections[0].socket.get(), "x", 1), 1);
  char octet = 0;
  EXPECT_EQ(read(reading.get(), &octet, 1), 1);
  EXPECT_EQ(octet, 'x');
}

TEST(Handover, TheEndOfTheOldOneEndsTheConnections) {
  Ends ends;
  ends.old = Descriptor();
  EXPECT_EQ(take_connections(ends.successor.get(), [](const transport::TcpConnection&) {}), 0U);
  EXPECT_FALSE(give_connection(ends.successor.get(), {}));
}

TEST(Handover, AWishForAnUpgradeNamesTheProgram) {
  const Ends ends;
  write_wish(ends.successor.get(), {Wish::Kind::upgrade, "/usr/bin/rhumb"});
  const Wish wish = read_wish(ends.old.get());
  EXPECT_EQ(wish.kind, Wish::Kind::upgrade);
  EXPECT_EQ(wish.program, "/usr/bin/rhumb");
  write_report(ends.old.get(), {true, "PID 2 has taken over"});
  const Report report = read_report(ends.successor.get());
  EXPECT_TRUE(report.is_done);
  EXPECT_EQ(report.text, "PID 2 has taken over");
}

TEST(Handover, AWishOfALaterVersionIsUnderstoodAndOneOfAnUnknownKindIsNot) {
  const Ends ends;
  write_frame(ends.successor.get(), 1, std::string("\xFF\x01", 2));
  EXPECT_EQ(read_wish(ends.old.get()).kind, Wish::Kind::take_over);
  write_frame(ends.successor.get(), 1, std::string("\x01\x09", 2));
  EXPECT_THROW(static_cast<void>(read_wish(ends.old.get())), HandoverError);
}

// Whoever may use the control channel can send anything there.
TEST(Handover, AnyOctetsEndInAnError) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Ends ends;
    std::string octets(random.below(60), '\0');
    for (char& octet : octets)
      octet = static_cast<char>(random.below(4) == 0 ? random.below(256) : random.below(12));
    ASSERT_EQ(write(ends.successor.get(), octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
    shutdown(ends.successor.get(), SHUT_WR);
    const auto drain = [&] {
      while (true)
        static_cast<void>(read_frame(ends.old.get(), 100));
    };
    EXPECT_THROW(drain(), HandoverError);
  }
}

TEST(Handover, WhatIsAnnouncedTooLongIsRefusedBeforeItIsRead) {
  const Ends ends;
  write_frame(ends.successor.get(), 1, std::string(101, 'x'));
  EXPECT_THROW(static_cast<void>(read_frame(ends.old.get(), 100)), HandoverError);
}

}  // namespace
}  // namespace rhumb::daemon
