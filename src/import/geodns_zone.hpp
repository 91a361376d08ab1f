// A zone of GeoDNS (github.com/abh/geodns): a file of JSON, NAME.json, in which labels have records by type.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "import/report.hpp"

namespace rhumb::importing {

struct GeodnsRecord {
  std::string data;  // an address, a name or a text, as written; of mx and srv without the numbers
  std::uint32_t weight = 0;
  std::uint16_t preference = 0;  // of mx; of srv its priority
  std::uint16_t srv_weight = 0;
  std::uint16_t port = 0;
};

struct GeodnsLabel {
  std::string place;                                              // "example.com.json: /data/www"
  std::map<std::string, std::vector<GeodnsRecord>> records = {};  // by type, in lower case
  std::optional<std::uint32_t> ttl_s = {};
  std::optional<std::uint32_t> max_hosts = {};
  bool is_closest = false;
  bool has_health = false;
};

struct GeodnsZone {
  std::string name;  // without the final dot
  std::string place;
  std::optional<std::uint32_t> serial = {};
  std::uint32_t ttl_s = 120;
  std::uint32_t max_hosts = 2;
  std::string contact = {};  // empty: hostmaster.NAME
  std::vector<std::string> targeting = {"@", "country", "continent"};
  std::map<std::string, GeodnsLabel> labels = {};  // in lower case; "" is the apex
};

// Nothing, and errors with their places, when it is not such a zone.
[[nodiscard]] std::optional<GeodnsZone> read_geodns_zone(const std::string& file, const std::string& text,
                                                         Report& report);

}  // namespace rhumb::importing
