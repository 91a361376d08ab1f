// What the transports of these tests serve: example.com, with a small answer, a middle one and a big one.
#pragma once

#include <memory>
#include <string>

#include "base/published.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::transport {

inline std::unique_ptr<const answer::Snapshot> make_snapshot(const std::string& www_address = "192.0.2.1") {
  std::string text =
      "$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\nwww A " + www_address + "\n";
  for (int i = 0; i < 400; ++i)
    text += "big TXT \"" + std::string(100, 'x') + std::to_string(i) + "\"\n";
  return std::make_unique<const answer::Snapshot>(answer::Snapshot{
      zone::Zones({answer::make_zone("example.com", text)}, 1), {}, {}, std::make_shared<health::Board>(0)});
}

inline dns::Message numbered_query(std::string_view name, std::uint16_t id, dns::Type type = dns::type::kA) {
  auto query = dns::query_message(name, type);
  store_u16(query.data(), id);
  return query;
}

}  // namespace rhumb::transport
