// What holds of every response, whatever the query and the zones.
#pragma once

#include "answer/responder.hpp"

namespace rhumb::fuzz {

// Asks the responder three times with one seed: with the response in a buffer of its own, over the query, and with a
// trace. Requires that all three are the same, and that they keep to the rules: an answer to queries alone, the
// header's and the question's copies, the size limit, the strict form, EDNS and the Client Subnet back as they came,
// and in the answer section a chain that leads from the question to its end.
void ask_and_check(const answer::Snapshot& snapshot, const answer::Client& client, Bytes query, std::uint64_t seed);

}  // namespace rhumb::fuzz
