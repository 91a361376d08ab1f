// What client networks count, by the queries that came from them: read from a query log in JSON.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "base/problems.hpp"
#include "geo/client_weights.hpp"

namespace rhumb::control {

// Octets of a line, which has four names of 255 octets at the most, or twenty.
inline constexpr std::size_t kQueryLineMax = std::size_t{1} << 16;

// Networks of a log: whoever can ask can write some into it, and a server may read it while it answers. A million take
// 50 MB and, with a line each, 6 s.
inline constexpr std::size_t kQueryNetworksMax = 2'000'000;

// Each line, an object (query_json.hpp), counts for its network as many queries as it stands for: 1 / "sample". The
// network is "ecs", or "client" where there is none. Other members are not looked at. The file is read line by line and
// never held; kept are its networks, of which more than kQueryNetworksMax are refused. Nothing when a line is
// bad, each told with its place ("queries.jsonl:12"), or there is none.
[[nodiscard]] std::optional<geo::ClientWeights> read_query_weights(const std::filesystem::path& file,
                                                                   Problems& problems);

}  // namespace rhumb::control
