// Which counter stands for which zone, and for which region of which service.
//
// Counters go on while the process lives, whatever is reloaded; the numbers that zones and services have in a snapshot
// do not. So a name is given a place the first time that it is served, and keeps it: a place is never used again, and
// the arrays of counters that every thread has (counters.hpp) never move or grow. As places are few, those who come
// when all are taken share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "steering/region.hpp"

namespace rhumb::answer {

struct Snapshot;

// Names that were ever served and are counted each by itself, in the order in which they came. As series of a
// monitoring system, each is kept there for a year.
inline constexpr std::size_t kCountedZonesMax = 1'024;
// Of services and their regions: a region more for each service, for answers without one.
inline constexpr std::size_t kCountedRegionsMax = 4'096;

// In a snapshot: from its numbers to places.
struct CountedPlaces {
  static constexpr std::uint16_t kNoZone = 0;  // not about a zone here
  static constexpr std::uint16_t kOtherZones = 1;
  // A service's places: for answers without a region, then for its regions. These are for all other services, whichever
  // region.
  static constexpr std::uint16_t kOtherServices = 0;
  static constexpr std::size_t kOtherServicesCount = steering::kRegionsMax + 1;

  std::vector<std::uint16_t> zones = {};     // by Lookup::zone_number
  std::vector<std::uint16_t> services = {};  // by number: the first place of each

  [[nodiscard]] std::uint16_t service(std::size_t number) const noexcept {
    return number < services.size() ? services[number] : kOtherServices;
  }
};

inline constexpr std::size_t kZonePlaces = 2 + kCountedZonesMax;
inline constexpr std::size_t kSteeredPlaces = CountedPlaces::kOtherServicesCount + kCountedRegionsMax;

// From any thread.
class CountedNames {
 public:
  struct Steered {
    std::string service = {};  // both are empty for those that share a place
    std::string region = {};   // empty: answers without one
  };

  CountedNames();

  // Of what `snapshot` serves; new names get places. Once for each snapshot, before it answers.
  [[nodiscard]] CountedPlaces place(const Snapshot& snapshot);

  // The names of the places. A zone has one; a service and region may have several, when the service's list of regions
  // has changed. Those that share one have an empty name, and so has the place of no zone.
  [[nodiscard]] std::vector<std::string> zones() const;
  [[nodiscard]] std::vector<Steered> steered() const;

 private:
  [[nodiscard]] std::uint16_t place_zone(const std::string& apex);
  [[nodiscard]] std::uint16_t place_service(const std::string& name, const std::vector<std::string>& regions);

  mutable std::mutex mutex_;
  std::vector<std::string> zones_;
  std::vector<Steered> steered_;
  std::map<std::string, std::uint16_t> zone_places_;
  std::map<std::vector<std::string>, std::uint16_t> service_places_;  // by name and regions
};

}  // namespace rhumb::answer
