// A query taken apart: all that the answer depends on.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/edns.hpp"
#include "dns/lookup_name.hpp"

namespace rhumb::dns {

// What to do with a message.
enum class Verdict : std::uint8_t {
  drop,         // too short for a header, or a response: answering could feed a loop
  form_err,     // not what RFC 1035 §4 and RFC 6891 describe
  not_imp,      // an opcode that nobody here knows
  not_offered,  // NOTIFY or UPDATE: known, but this server's zones come from files
  bad_vers,     // EDNS of a version after 0 (RFC 6891 §6.1.3)
  bad_key,      // signed with a key (RFC 8945), and there are none
  cookie_only,  // no question, only a cookie to be given (RFC 7873 §5.4)
  answer,
};

// Where the TSIG record of a query stands (RFC 8945 §4.2): octets of the message.
struct Tsig {
  std::uint16_t offset;
  std::uint16_t key_name_size;
  std::uint16_t algorithm_size;
};

// Large (1 KB, mostly the name) and left uninitialised where the verdict makes a field meaningless.
struct Query {
  Verdict verdict;
  std::uint16_t flags;          // the header's second word; valid unless dropped
  std::uint16_t question_size;  // octets of the question with type and class; 0 while it could not be read
  Type type;                    // this and the rest: valid if question_size > 0
  Class query_class;
  LookupName name;
  std::optional<Edns> edns;  // of a form_err verdict: as far as it was read
  Tsig tsig;                 // of a bad_key verdict

  [[nodiscard]] Opcode opcode() const noexcept { return static_cast<Opcode>(flags >> 11 & 0xF); }
};

// Reads a whole message. Never reads outside `message`, whatever it holds; costs at most one step an octet.
// `hash_key` keys the name's hashes (see LookupName). docs/protocol.md has the table of what comes of which message.
[[nodiscard]] Query parse_query(Bytes message, const NameHashKey& hash_key) noexcept;

}  // namespace rhumb::dns
