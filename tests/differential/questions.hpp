// What the servers are asked.
#pragma once

#include <string>
#include <vector>

#include "base/random.hpp"
#include "dns/codes.hpp"
#include "support/message_bytes.hpp"
#include "zone_draft.hpp"

namespace rhumb::differential {

namespace type {
inline constexpr dns::Type kPtr = 12;
inline constexpr dns::Type kMx = 15;
inline constexpr dns::Type kTxt = 16;
inline constexpr dns::Type kSrv = 33;
}  // namespace type

enum class Edns : std::uint8_t { none, plain, dnssec_ok };

struct Question {
  std::string name;  // absolute, with the final dot, in the case in which it is sent
  dns::Type type;
  Edns edns;
  bool is_recursion_desired = false;
};

// Names at and up to three labels below each apex of the family: every type for those near it, fewer with each label.
// Without a root zone also a few above it, which are nobody's. In no order that means anything, none of them twice.
[[nodiscard]] std::vector<Question> questions_about(const Family& family, bool has_root, Random& random);

// The same question of a family that has been moved from `origin` to another.
[[nodiscard]] Question moved(Question question, const std::string& from_origin, const std::string& to_origin);

[[nodiscard]] dns::Message to_query(const Question& question, std::uint16_t id);

// "a.b.z17.test. MX +dnssec", as one would give it to dig(1).
[[nodiscard]] std::string to_text(const Question& question);

}  // namespace rhumb::differential
