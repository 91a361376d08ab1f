#include "answer/counted_names.hpp"

#include "answer/snapshot.hpp"

namespace rhumb::answer {

static_assert(kZonePlaces <= 0x10000 && kSteeredPlaces <= 0x10000, "places are 16 bits");

CountedNames::CountedNames() : zones_(2), steered_(CountedPlaces::kOtherServicesCount) {}

CountedPlaces CountedNames::place(const Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  CountedPlaces places;
  places.zones.reserve(snapshot.zones.zones().size() + snapshot.zones.not_loaded().size());
  for (const auto& zone : snapshot.zones.zones())
    places.zones.push_back(place_zone(zone->apex().to_text()));
  for (const dns::Name& apex : snapshot.zones.not_loaded())
    places.zones.push_back(place_zone(apex.to_text()));
  places.services.reserve(snapshot.services.size());
  for (const steering::Service& service : snapshot.services)
    places.services.push_back(place_service(service.settings().name, service.settings().regions));
  return places;
}

std::vector<std::string> CountedNames::zones() const {
  const std::lock_guard lock(mutex_);
  return zones_;
}

std::vector<CountedNames::Steered> CountedNames::steered() const {
  const std::lock_guard lock(mutex_);
  return steered_;
}

std::uint16_t CountedNames::place_zone(const std::string& apex) {
  const auto found = zone_places_.find(apex);
  if (found != zone_places_.end()) return found->second;
  if (zones_.size() == kZonePlaces) return CountedPlaces::kOtherZones;
  const auto place = static_cast<std::uint16_t>(zones_.size());
  zones_.push_back(apex);
  zone_places_.emplace(apex, place);
  return place;
}

std::uint16_t CountedNames::place_service(const std::string& name, const std::vector<std::string>& regions) {
  std::vector<std::string> key{name};
  key.insert(key.end(), regions.begin(), regions.end());
  const auto found = service_places_.find(key);
  if (found != service_places_.end()) return found->second;
  if (steered_.size() + key.size() > kSteeredPlaces) return CountedPlaces::kOtherServices;
  const auto place = static_cast<std::uint16_t>(steered_.size());
  steered_.push_back({name, {}});
  for (const std::string& region : regions)
    steered_.push_back({name, region});
  service_places_.emplace(std::move(key), place);
  return place;
}

}  // namespace rhumb::answer
