#include "daemon/counted_clients.hpp"

#include <utility>

#include <fmt/format.h>

#include "control/query_weights.hpp"

namespace rhumb::daemon {
namespace {

CountedClients count_by_address_space() {
  return {geo::weigh_by_address_space(), false,
          "IPv4 addresses, all that the databases know; each counts 1, IPv6 is left out"};
}

}  // namespace

std::optional<CountedClients> count_clients(const config::ClientFiles& files, Problems& problems) {
  if (files.are_none()) return count_by_address_space();
  const bool are_queries = files.weights.empty();
  auto weights = are_queries ? control::read_query_weights(files.queries, problems)
                             : geo::read_client_weights(files.weights, problems);
  if (!weights) return std::nullopt;
  return CountedClients{std::move(*weights), true,
                        are_queries ? fmt::format("queries in {}", files.queries.string())
                                    : fmt::format("in the networks of {}", files.weights.string())};
}

CountedClients count_clients_anyhow(const config::ClientFiles& files, Problems& problems) {
  Problems unread;
  if (auto counted = count_clients(files, unread)) return std::move(*counted);
  const Problem& first = *unread.first_error();
  problems.warning(first.place, first.message + "; clients count by address space");
  return count_by_address_space();
}

}  // namespace rhumb::daemon
