// A decision in plain words and numbers, ready to be printed: by `rhumb explain`, which asks no server, and by a server
// that is asked what it answers now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "answer/snapshot.hpp"
#include "daemon/loader.hpp"
#include "daemon/trial.hpp"
#include "health/status.hpp"

namespace rhumb::daemon {

// What a server knows of an instance besides its state.
struct ExplainedHealth {
  std::string standing;  // "serving", "draining", …
  double share;          // of the clients that it would have otherwise
  std::string evidence;  // why the state is what it is; may be empty
};

struct ExplainedInstance {
  std::string address;  // or name
  std::string state;    // "up", "down", "unknown", "unchecked"
  int weight;
  bool picked;
  std::optional<ExplainedHealth> health;  // none: no server was asked
};

// A measured time, where regions are ordered by it.
struct ExplainedLatency {
  float rtt_ms;
  std::string source;  // "network", "AS64500", "FR"
  std::uint64_t samples;
  std::uint32_t measured_at;  // seconds since 1970
};

struct ExplainedRegion {
  std::string name;
  int tier;                                  // those with the same are equals; from 1
  std::optional<double> distance_km;         // none: the client's place is not known
  std::optional<ExplainedLatency> latency;   // none: not measured, or not asked for
  std::vector<ExplainedInstance> instances;  // of the family asked for
  bool picked;
};

struct ExplainedLocation {
  std::string continent, country, subdivision, city;  // empty: not known
  std::optional<geo::Coordinates> coordinates;
  std::uint32_t asn;               // 0: not known
  std::string place_source;        // the database that said so; empty: none
  std::string coordinates_source;  // the same, or "the centre of the country"
};

struct ExplainedSteering {
  std::string service;
  std::string family;  // of the addresses: "IPv4", "IPv6"; empty: the instances are names
  std::string client;
  ExplainedLocation location;
  std::string order;   // "nearest", "latency", "listed", "equal"
  std::string policy;  // "rotate", "weighted", "sticky"
  std::string rule;    // the one that matched: its name; empty: none
  std::vector<ExplainedRegion> ranking;
  steering::Outcome outcome;
  std::string reason;  // why this pick, in a sentence
  std::uint32_t ttl_s;
  int scope_bits;
  std::string scope;  // the network that the answer is good for: "81.2.64.0/18"
};

struct Explanation {
  std::string name;
  std::string type;
  std::string resolver;                     // that asks for the client; empty: the client himself
  std::string zone;                         // empty: not ours
  std::vector<std::string> steps;           // "www.example.com: exists", "shop.example.com: is an alias (CNAME)"
  std::vector<ExplainedSteering> steering;  // of each service on the way
  std::string rcode;
  std::vector<std::string> answer;  // records in master-file form
  std::vector<std::string> authority;
  std::string note;  // what is doubtful about all this; empty: nothing
};

// What an explanation goes by.
struct Grounds {
  const answer::Snapshot& snapshot;
  const health::Board* board;  // that the reply was made with
  const geo::Database& database;
  const steering::Latencies& latencies;
  std::vector<bool> checked;               // by steering::TargetIndex: whether an instance is checked at all
  const health::Status* status = nullptr;  // of the server; null: none was asked
};

// Of what was loaded aside, its databases in memory. `board` must outlive it.
[[nodiscard]] Grounds grounds_of(const Loaded& loaded, const health::Board& board);

// `reply` was made with `grounds.snapshot`, and answers `question`.
[[nodiscard]] Explanation explain(const Question& question, const Reply& reply, const Grounds& grounds);

[[nodiscard]] std::string to_text(const Explanation& explanation);
[[nodiscard]] std::string to_json(const Explanation& explanation);

}  // namespace rhumb::daemon
