// The common case of names and data in master files, read at once: without escapes, quotes around names, or anything
// that needs a second look.
//
// ldns takes 1.7 µs for a record's data, most of it for what an address does not need. What is not plain is left to
// read_name() and ldns, so that what is accepted, and what is said of the rest, does not depend on this.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "dns/codes.hpp"

namespace rhumb::zone {

// Appends the name in wire form, uncompressed and in the case of the text. False, and nothing appended, if the text is
// not plain; it may be a name all the same.
[[nodiscard]] bool append_plain_name(std::string_view text, Bytes origin, std::vector<std::uint8_t>& wire);

// Appends the data of a `type`, which `text` has as tokens with one space between them. False, and nothing appended, if
// it is not plain or the type is none of A, AAAA, NS, CNAME, DNAME, PTR, MX, SRV and TXT.
[[nodiscard]] bool append_plain_rdata(dns::Type type, std::string_view text, Bytes origin,
                                      std::vector<std::uint8_t>& rdata);

}  // namespace rhumb::zone
