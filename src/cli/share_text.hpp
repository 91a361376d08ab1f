// How shares of clients, and lists that may be long, are shown.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "daemon/client_moves.hpp"
#include "daemon/counted_clients.hpp"

namespace rhumb::cli {

using daemon::percent;

inline constexpr std::size_t kFlowsShown = 3;  // between regions, of one country

// For JSON: without the digits that are nothing but rounding.
[[nodiscard]] double rounded(double share);

// "a, b, c and 4 more"
[[nodiscard]] std::string names_text(const std::vector<std::string>& names);

// "3689600576 IPv4 addresses, all that the databases know; …", of this weight in all.
[[nodiscard]] std::string clients_text(const daemon::CountedClients& counted, double weight);

// At most the first `most` of them.
template <typename T>
[[nodiscard]] std::span<const T> first_of(const std::vector<T>& all, std::size_t most) {
  return std::span(all).first(std::min(all.size(), most));
}

}  // namespace rhumb::cli
