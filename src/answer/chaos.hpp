// The server's word about itself: class CH, type TXT (RFC 4892).
#pragma once

#include "answer/settings.hpp"
#include "dns/query.hpp"
#include "dns/response_writer.hpp"

namespace rhumb::answer {

// Answers `query`, whose class is CH: version.server and version.bind, id.server and hostname.bind, as far as the
// settings tell them; REFUSED for all else, as NSD and Knot have it.
void answer_chaos(const Settings& settings, const dns::Query& query, dns::ResponseWriter& writer) noexcept;

}  // namespace rhumb::answer
