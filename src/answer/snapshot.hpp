// Everything that answers need: built aside, immutable, swapped in whole.
#pragma once

#include <memory>
#include <vector>

#include "answer/counted_names.hpp"
#include "answer/settings.hpp"
#include "geo/address_table.hpp"
#include "geo/database.hpp"
#include "health/board.hpp"
#include "steering/region.hpp"
#include "steering/service.hpp"
#include "zone/zones.hpp"

namespace rhumb::answer {

struct Snapshot {
  zone::Zones zones;
  std::vector<steering::Region> regions;    // of the configuration, for those who explain
  std::vector<steering::Service> services;  // a zone's overlay is an index into it
  std::shared_ptr<const health::Board> board;
  Settings settings = {};
  CountedPlaces counted = {};
  std::shared_ptr<const geo::AddressTable> countries = {};  // geo/country_table.hpp; null: they are not counted
};

}  // namespace rhumb::answer
