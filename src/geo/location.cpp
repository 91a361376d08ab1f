#include "geo/location.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

namespace rhumb::geo {

Texts::Id Texts::intern(std::string_view text) {
  text = text.substr(0, kLengthMax);
  if (text.empty()) return 0;
  const auto add = [&] {
    if (octets_.size() > std::numeric_limits<Id>::max()) throw std::length_error("more than 4 GB of place names");
    const auto id = static_cast<Id>(octets_.size());
    octets_.push_back(static_cast<char>(text.size()));
    octets_.insert(octets_.end(), text.begin(), text.end());
    return id;
  };
  const std::uint64_t hash = std::hash<std::string_view>{}(text);
  return ids_.intern(
      IdTable::fold(hash), [&](Id id) { return get(id) == text; }, add);
}

std::string_view Texts::get(Id id) const noexcept {
  assert(id < octets_.size());
  return {octets_.data() + id + 1, static_cast<unsigned char>(octets_[id])};
}

std::vector<Texts::Id> Texts::absorb(const Texts& other) {
  std::vector<Id> new_ids(other.octets_.size());
  for (Id id = 0; id < new_ids.size(); id += 1U + static_cast<Id>(other.get(id).size()))
    new_ids[id] = intern(other.get(id));
  return new_ids;
}

void Texts::seal() {
  ids_ = {};
  octets_.shrink_to_fit();
}

std::size_t Texts::memory_bytes() const noexcept {
  return octets_.capacity() + ids_.memory_bytes();
}

LocationId Locations::intern(const Location& location) {
  // Neighbours share most of their texts: then there is nothing to look for.
  const Record& last = records_.back();
  const auto id_of = [this](std::string_view text, Texts::Id of_last) {
    return texts_.get(of_last) == text ? of_last : texts_.intern(text);
  };
  const Record record{
      .continent = id_of(location.continent, last.continent),
      .country = id_of(location.country, last.country),
      .subdivision = id_of(location.subdivision, last.subdivision),
      .city = id_of(location.city, last.city),
      .latitude = location.latitude,
      .longitude = location.longitude,
      .asn = location.asn,
      .has_coordinates = location.has_coordinates,
      .country_source = location.country_source,
      .coordinates_source = location.coordinates_source,
      .asn_source = location.asn_source,
  };
  return intern(record);
}

std::vector<LocationId> Locations::absorb(const Locations& other) {
  const std::vector<Texts::Id> texts = texts_.absorb(other.texts_);
  std::vector<LocationId> new_ids;
  new_ids.reserve(other.records_.size());
  for (Record record : other.records_) {
    for (Texts::Id* text : {&record.continent, &record.country, &record.subdivision, &record.city})
      *text = texts[*text];
    new_ids.push_back(intern(record));
  }
  return new_ids;
}

LocationId Locations::intern(const Record& record) {
  if (record == records_[kUnknownLocation]) return kUnknownLocation;

  std::uint64_t hash = 0;
  for (const std::uint64_t word : std::bit_cast<std::array<std::uint64_t, sizeof(Record) / 8>>(record))
    hash = (std::rotl(hash, 23) ^ word) * 0xbf58476d1ce4e5b9U;
  const auto add = [&] {
    if (records_.size() == kLocationsMax) {
      throw std::length_error("more than " + std::to_string(kLocationsMax) + " distinct locations");
    }
    records_.push_back(record);
    return static_cast<LocationId>(records_.size() - 1);
  };
  return ids_.intern(
      IdTable::fold(hash), [&](LocationId id) { return records_[id] == record; }, add);
}

Location Locations::get(LocationId id) const noexcept {
  assert(id < records_.size());
  const Record& record = records_[id];
  return {
      .continent = texts_.get(record.continent),
      .country = texts_.get(record.country),
      .subdivision = texts_.get(record.subdivision),
      .city = texts_.get(record.city),
      .has_coordinates = record.has_coordinates != 0,
      .latitude = record.latitude,
      .longitude = record.longitude,
      .asn = record.asn,
      .country_source = record.country_source,
      .coordinates_source = record.coordinates_source,
      .asn_source = record.asn_source,
  };
}

std::optional<Coordinates> Locations::coordinates(LocationId id) const noexcept {
  assert(id < records_.size());
  const Record& record = records_[id];
  if (record.has_coordinates == 0) return std::nullopt;
  return Coordinates{record.latitude, record.longitude};
}

void Locations::seal() {
  texts_.seal();
  ids_ = {};
  records_.shrink_to_fit();
}

std::vector<LocationId> Locations::keep(const std::vector<bool>& is_used) {
  assert(is_used.size() == records_.size() && is_used[kUnknownLocation]);
  std::vector<LocationId> new_ids(records_.size(), kUnknownLocation);
  LocationId next = 0;
  for (LocationId id = 0; id < records_.size(); ++id) {
    if (!is_used[id]) continue;
    records_[next] = records_[id];
    new_ids[id] = next++;
  }
  records_.resize(next);
  return new_ids;
}

void Locations::set_coordinates(LocationId id, float latitude, float longitude, std::uint8_t source) noexcept {
  assert(id < records_.size() && records_[id].has_coordinates == 0);
  records_[id].has_coordinates = 1;
  records_[id].latitude = latitude;
  records_[id].longitude = longitude;
  records_[id].coordinates_source = source;
}

std::size_t Locations::memory_bytes() const noexcept {
  return texts_.memory_bytes() + records_.capacity() * sizeof(Record) + ids_.memory_bytes();
}

}  // namespace rhumb::geo
