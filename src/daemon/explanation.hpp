// A decision in plain words and numbers, ready to be printed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "answer/decision.hpp"
#include "base/bytes.hpp"
#include "daemon/loader.hpp"

namespace rhumb::cli {

struct ExplainedInstance {
  std::string address;  // or name
  std::string state;    // "up", "down", "unknown", "unchecked"
  int weight;
  bool picked;
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
};

// `decision` was made with `loaded.snapshot`; `response` is the message that it led to.
[[nodiscard]] Explanation explain_decision(const answer::Decision& decision, const daemon::Loaded& loaded,
                                           Bytes response);

[[nodiscard]] std::string to_text(const Explanation& explanation);
[[nodiscard]] std::string to_json(const Explanation& explanation);

}  // namespace rhumb::cli
