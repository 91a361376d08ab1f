// The fuzz targets: functions that take any octets and stop the program when a rule is broken.
//
// Each is fed in two ways: by libFuzzer (libfuzzer.cpp, `./dev fuzz`), which makes up new octets as long as it is let,
// and by corpus_test.cpp, in every ordinary build of the tests, from the files in corpus/TARGET. What a fuzzer has
// found once is kept there.
#pragma once

#include "base/bytes.hpp"

namespace rhumb::fuzz {

// A query to a snapshot with a bit of everything: what comes back is a response, for whatever came in.
void fuzz_responder(Bytes input);
// The options of an OPT record: read as RFC 6891 and 7871 have it, and written back as they were.
void fuzz_edns(Bytes input);
// A stream in pieces: the messages do not depend on where it is cut.
void fuzz_tcp_framing(Bytes input);
// The text of a zone: it is refused with a place, or answers at each of its names.
void fuzz_zone(Bytes input);
// The text of a configuration: it is refused with a place, or holds what config.hpp promises.
void fuzz_config(Bytes input);
// A file of comma-separated lines, as rules, geofeed, latencies and weights: each refuses it with a place, or holds
// what its header promises.
void fuzz_csv(Bytes input);
// A MaxMind DB file: it is refused, or every address has a location on Earth.
void fuzz_mmdb(Bytes input);
// A configuration of another server: it is refused with a place, or what is made of it keeps to Rhumb's rules.
void fuzz_import(Bytes input);
// A state file, and the body of one: it is refused with a reason, or the verdicts go on from it.
void fuzz_state(Bytes input);
// A request for the API, and a file of tokens: whatever comes has an answer, and changes nothing when it is refused.
void fuzz_api(Bytes input);

}  // namespace rhumb::fuzz
