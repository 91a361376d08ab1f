// The data of SVCB and HTTPS records (RFC 9460), from text and as wire bytes.
//
// ldns reads them too, but it takes the escaped comma of an alpn for a separator, port=70000 for 4464, and lets pass
// keys that stand twice and a "mandatory" that clients would not follow. A client rejects a record whose parameters
// contradict each other (§2.4.3), so they are refused here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace rhumb::zone {

struct ReadSvcb {
  std::string fault;                // what is wrong; empty if nothing
  std::vector<std::uint8_t> rdata;  // the target in the case of the text, the parameters sorted by key
};

// `text` has its tokens with one space between; `origin` is a name in wire form.
[[nodiscard]] ReadSvcb read_svcb(std::string_view text, Bytes origin);

// What is wrong with data in wire form (§2.2, §7, §8); nothing if it is fine.
[[nodiscard]] std::optional<std::string> find_svcb_fault(Bytes rdata);

}  // namespace rhumb::zone
