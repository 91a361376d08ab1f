// What a snapshot would answer, asked aside: no socket, states as they are or as somebody assumes them.
//
// `rhumb explain`, the server that is asked the same, and the tests of routes (route_tests.hpp) ask with these, so that
// all ask alike.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "answer/decision.hpp"
#include "daemon/loader.hpp"
#include "dns/edns.hpp"
#include "dns/name.hpp"

namespace rhumb::daemon {

struct Question {
  dns::Name name;
  dns::Type type = dns::type::kA;
  dns::ClientSubnet client;
  std::optional<IpAddress> resolver = {};  // where the query comes from: without one the client asks by himself
};

// A question as people write it; empty is what is not said.
struct QuestionText {
  std::string name;
  std::string client;         // an address, or a network such as 192.0.2.0/24
  std::string resolver = {};  // the address that the query comes from; empty: the client's
  std::string type = "A";
};

// The question, or what is wrong with which of its texts: "type: \"AA\" is not a record type".
struct ReadQuestion {
  std::optional<Question> question = {};
  std::string error = {};
};
[[nodiscard]] ReadQuestion read_question(const QuestionText& text);

// How much of a client's address is told.
struct AddressBits {
  int v4;
  int v6;
};
inline constexpr AddressBits kWholeAddress{kBitsV4, kBitsV6};
// What resolvers tell at the most (RFC 7871 §11.1).
inline constexpr AddressBits kToldByResolvers{24, 56};

// "192.0.2.1" or "192.0.2.0/24" as EDNS Client Subnet says it: of an address the first `told` bits, a network whole.
// Nothing when it is neither.
[[nodiscard]] std::optional<dns::ClientSubnet> parse_client(std::string_view text, AddressBits told);

// `bits` is from 1 to the family's width; the bits of `network` after them are ignored.
[[nodiscard]] dns::ClientSubnet to_client_subnet(IpAddress network, int bits);

// What is wrong with `name` as the name of a region: that there is none, with the one that was probably meant. Nothing
// when there is one.
[[nodiscard]] std::optional<std::string> refuse_region(const answer::Snapshot& snapshot, std::string_view name);

// The board `base`, as it is now, but with every instance of the regions `down` down.
[[nodiscard]] std::shared_ptr<const health::Board> assume_down(const answer::Snapshot& snapshot,
                                                               const health::Board& base,
                                                               std::span<const std::string> down);
// A board for `loaded.plan` on which all else is unknown, which counts as up.
[[nodiscard]] std::shared_ptr<const health::Board> assume_down(const Loaded& loaded, std::span<const std::string> down);

struct Reply {
  answer::Decision decision;  // points into the snapshot
  std::vector<std::uint8_t> message;
};

// The answer to the query that a resolver would send over TCP, where nothing is truncated. `snapshot` must have a
// board. Equal seeds draw equal picks.
[[nodiscard]] Reply ask(const answer::Snapshot& snapshot, const Question& question, std::uint64_t seed);

}  // namespace rhumb::daemon
