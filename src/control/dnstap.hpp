// A query and its answer as dnstap has them (dnstap.info, dnstap.proto), in Protocol Buffers.
//
// The message has a dozen fields of three kinds, so that it is written here by hand; protobuf-c would be a generator
// and a library for a hundred lines.
#pragma once

#include <string>

#include "answer/query_record.hpp"
#include "control/query_log_settings.hpp"

namespace rhumb::control {

// Who logs.
struct DnstapSource {
  std::string identity;  // either may be empty: not told
  std::string version;
};

// Adds frames (frame_stream.hpp) to `octets`: an AUTH_QUERY and, if there was an answer, an AUTH_RESPONSE. The last of
// them says in `extra`, as JSON, how it was steered (append_decision_json()). What is asked to be anonymous is.
void append_dnstap(const answer::QueryRecord& record, const DnstapSource& source, const QueryLogSettings& settings,
                   std::string& octets);

}  // namespace rhumb::control
