// Asks several servers the same questions over UDP, many at a time.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "questions.hpp"

namespace rhumb::differential {

inline constexpr std::size_t kServers = 3;
enum ServerNumber : std::size_t { kNsd, kKnot, kRhumb };
inline constexpr std::array<std::string_view, kServers> kServerNames{"NSD", "Knot", "Rhumb"};

// The responses to one question, by ServerNumber.
using Responses = std::array<Bytes, kServers>;

class Exchange {
 public:
  explicit Exchange(const std::array<Endpoint, kServers>& servers);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Calls take(number, responses) once for each question, in order. What gets lost is asked again; throws
  // std::runtime_error when a server leaves a question unanswered.
  void ask(std::span<const Question> questions, const std::function<void(std::size_t, const Responses&)>& take);

 private:
  // All responses of a window must fit into the socket's buffer, which is 208 KiB and counts some 2 KiB for each.
  static constexpr std::size_t kWindow = 64;
  static constexpr std::size_t kResponseMax = 4'096;

  struct Slot {
    dns::Message query;
    std::array<std::array<std::uint8_t, kResponseMax>, kServers> octets;
    std::array<std::size_t, kServers> sizes;  // 0: not answered yet
  };

  void ask_window(std::span<const Question> questions);
  void send_what_is_open(std::size_t count);
  void receive(std::size_t server, std::size_t count);
  [[nodiscard]] std::size_t open_count(std::size_t server, std::size_t count) const;

  std::array<int, kServers> sockets_{};
  std::vector<Slot> slots_;
  std::uint16_t first_id_ = 0;  // of the window
};

}  // namespace rhumb::differential
