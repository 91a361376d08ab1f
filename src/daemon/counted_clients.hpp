// What client networks count where shares of clients are told: by address space, or by what came from them.
#pragma once

#include <optional>
#include <string>

#include "base/problems.hpp"
#include "config/config.hpp"
#include "geo/client_weights.hpp"

namespace rhumb::daemon {

struct CountedClients {
  geo::ClientWeights weights;
  // Whether those of whom no database knows anything count, too: of address space nobody knows what part is used, but
  // what came from a network came from a client.
  bool has_unknown;
  std::string unit;  // of what there are so many, for people: "queries in queries.jsonl"
};

// By what `files` say. Nothing, with the errors, when that cannot be read.
[[nodiscard]] std::optional<CountedClients> count_clients(const config::ClientFiles& files, Problems& problems);

// The same, but when that cannot be read a warning says so, and clients count by address space: a guard is there
// whatever became of a file.
[[nodiscard]] CountedClients count_clients_anyhow(const config::ClientFiles& files, Problems& problems);

}  // namespace rhumb::daemon
