#include "daemon/handover.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "health/state_file.hpp"
#include "transport/tcp_framing.hpp"

namespace rhumb::daemon {
namespace {

// Of a frame.
using Kind = std::uint8_t;
constexpr Kind kWish = 1;
constexpr Kind kRefusal = 2;
constexpr Kind kSecrets = 3;
constexpr Kind kSocket = 4;
constexpr Kind kMemory = 5;
constexpr Kind kReady = 6;
constexpr Kind kLeaving = 7;
constexpr Kind kVacated = 8;
constexpr Kind kConnection = 9;
constexpr Kind kDone = 10;
constexpr Kind kReport = 11;

// A wish, with a path; a reason or a report.
constexpr std::size_t kTextMax = 16 * 1'024;
constexpr std::size_t kAgeSize = 8;
constexpr std::size_t kConnectionMax = kAgeSize + transport::kLengthSize + dns::kMessageMax;

Frame read_expected(int fd, Kind kind, std::size_t body_max) {
  Frame frame = read_frame(fd, std::max(body_max, kTextMax));
  if (frame.kind == kRefusal) throw HandoverError(frame.body);
  if (frame.kind != kind || frame.body.size() > body_max)
    throw HandoverError("the other process says what it should not");
  return frame;
}

void read_empty(int fd, Kind kind) {
  static_cast<void>(read_expected(fd, kind, 0));
}

SipKey read_secrets(const std::string& body) {
  SipKey key{};
  if (body.size() != 1 + key.size() || static_cast<std::uint8_t>(body[0]) != kHandoverVersion) {
    throw HandoverError("the running server hands over in a form that this program does not know");
  }
  std::memcpy(key.data(), body.data() + 1, key.size());
  return key;
}

health::Memory read_memory(const std::string& body) {
  health::DecodedState decoded = health::decode_state(body);
  if (!decoded.memory) throw HandoverError(fmt::format("what the running server knows {}", decoded.problem));
  return std::move(*decoded.memory);
}

transport::TcpConnection read_connection(Frame frame) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(frame.body.data());
  transport::TcpConnection connection;
  connection.age = std::chrono::milliseconds(load_u64(octets));
  connection.begun.assign(octets + kAgeSize, octets + frame.body.size());
  connection.socket = std::move(frame.descriptor);
  return connection;
}

}  // namespace

void write_wish(int fd, const Wish& wish) {
  set_patience(fd, kHandoverPatience);
  std::string body{static_cast<char>(kHandoverVersion), static_cast<char>(wish.kind)};
  write_frame(fd, kWish, body + wish.program.string());
}

Wish read_wish(int fd) {
  set_patience(fd, kHandoverPatience);
  const Frame frame = read_expected(fd, kWish, kTextMax);
  if (frame.body.size() < 2 || static_cast<std::uint8_t>(frame.body[0]) < kHandoverVersion) {
    throw HandoverError("the other program is too old to be understood");
  }
  Wish wish{Wish::Kind{static_cast<std::uint8_t>(frame.body[1])}, frame.body.substr(2)};
  if (wish.kind != Wish::Kind::take_over && wish.kind != Wish::Kind::upgrade) {
    throw HandoverError("the other program wants what this server does not know");
  }
  return wish;
}

void give(int fd, const Estate& estate) {
  std::string secrets{static_cast<char>(kHandoverVersion)};
  secrets.append(estate.cookie_master.begin(), estate.cookie_master.end());
  write_frame(fd, kSecrets, secrets);
  for (const int socket : estate.sockets)
    write_frame(fd, kSocket, {}, socket);
  write_frame(fd, kMemory, health::encode_state(estate.memory));
  read_empty(fd, kReady);
  write_frame(fd, kLeaving, {});
}

void refuse(int fd, const std::string& reason) noexcept {
  try {
    write_frame(fd, kRefusal, std::string_view(reason).substr(0, kTextMax));
  } catch (const HandoverError&) {
    return;  // it did not wait for the reason
  }
}

void vacate(int fd) noexcept {
  try {
    write_frame(fd, kVacated, {});
  } catch (const HandoverError&) {
    return;  // it is gone, and so is this process soon
  }
}

bool give_connection(int fd, const transport::TcpConnection& connection) noexcept {
  try {
    std::string body(kAgeSize, '\0');
    store_u64(reinterpret_cast<std::uint8_t*>(body.data()), static_cast<std::uint64_t>(connection.age.count()));
    body.append(connection.begun.begin(), connection.begun.end());
    write_frame(fd, kConnection, body, connection.socket.get());
    return true;
  } catch (const HandoverError&) {
    return false;
  }
}

void end_handover(int fd) noexcept {
  try {
    write_frame(fd, kDone, {});
  } catch (const HandoverError&) {
    return;  // it is gone, and so is this process soon
  }
}

Legacy take(int fd) {
  Legacy legacy;
  legacy.cookie_master = read_secrets(read_expected(fd, kSecrets, kTextMax).body);
  for (std::size_t i = 0; i <= kHandoverSocketsMax; ++i) {
    Frame frame = read_frame(fd, health::kStateFileMax);
    if (frame.kind == kMemory) {
      legacy.memory = read_memory(frame.body);
      return legacy;
    }
    if (frame.kind != kSocket) break;
    if (const auto unfit = legacy.sockets.add(std::move(frame.descriptor))) {
      throw HandoverError(fmt::format("the running server hands over {}", *unfit));
    }
  }
  throw HandoverError("the running server says what it should not");
}

void confirm(int fd) {
  write_frame(fd, kReady, {});
  read_empty(fd, kLeaving);
}

void await_vacancy(int fd) noexcept {
  try {
    read_empty(fd, kVacated);
  } catch (const HandoverError&) {
    return;  // then nobody is there who has it
  }
}

std::size_t take_connections(int fd, const std::function<void(transport::TcpConnection)>& adopt) noexcept {
  std::size_t count = 0;
  try {
    set_patience(fd, std::chrono::seconds(0));  // the last ones wait for their clients
    while (true) {
      Frame frame = read_frame(fd, kConnectionMax);
      if (frame.kind != kConnection || frame.body.size() < kAgeSize) return count;
      adopt(read_connection(std::move(frame)));
      ++count;
    }
  } catch (const HandoverError&) {
    return count;
  }
}

void write_report(int fd, const Report& report) noexcept {
  try {
    write_frame(fd, kReport, static_cast<char>(report.is_done) + report.text.substr(0, kTextMax - 1));
  } catch (const HandoverError&) {
    return;  // nobody waits for it any more
  }
}

Report read_report(int fd) {
  set_patience(fd, std::chrono::seconds(0));
  const Frame frame = read_expected(fd, kReport, kTextMax);
  if (frame.body.empty()) throw HandoverError("the running server says what it should not");
  return {frame.body[0] != 0, frame.body.substr(1)};
}

}  // namespace rhumb::daemon
