// A query, its answer and what led to it as JSON: a line of the query log, and what dnstap says beside its messages.
//
//   {"time": "2026-11-26T10:00:00.123Z", "client": "192.0.2.53", "transport": "udp", "name": "www.example.com",
//    "type": "A", "ecs": "203.0.113.0/24", "rcode": "NOERROR", "size": 71, "sample": 0.01, "steered": […]}
//
// docs/query-log.md has all members. Written by hand, since thousands of lines a second may be: 1 µs instead of 5.
#pragma once

#include <string>

#include "answer/query_record.hpp"
#include "dns/anonymous.hpp"

namespace rhumb::control {

// Adds the object, in one line without its end, to `text`.
void append_query_json(const answer::QueryRecord& record, const dns::KeptBits& kept, std::string& text);

// Adds an object with just "sample" and, if there was steering, "steered".
void append_decision_json(const answer::QueryRecord& record, const dns::KeptBits& kept, std::string& text);

}  // namespace rhumb::control
