// Where an address is, as far as the databases know, and a compact store of all such places.
//
// A database of a city's precision has 0.4 to 0.6 M distinct locations. Each takes 32 octets in the store; its texts
// are kept once for all locations (DB-IP City Lite, IPv4: 0.43 M locations, 16 MB in all).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "geo/distance.hpp"
#include "geo/id_table.hpp"

namespace rhumb::geo {

// An index into Locations.
using LocationId = std::uint32_t;
inline constexpr LocationId kUnknownLocation = 0;

// Which database a field came from: an index into Database::sources, or one of these.
inline constexpr std::uint8_t kNoSource = 0xFF;
inline constexpr std::uint8_t kCentroidSource = 0xFE;  // from the table of countries, not from a database
inline constexpr std::size_t kSourcesMax = 16;

// What is not known is empty or 0, and its source is kNoSource.
struct Location {
  std::string_view continent;    // AF, AN, AS, EU, NA, OC, SA
  std::string_view country;      // ISO 3166-1 alpha-2
  std::string_view subdivision;  // the part after the country of the ISO 3166-2 code ("ENG"), or a name
  std::string_view city;         // name, in English where there is a choice; as the file has it, UTF-8 or not
  bool has_coordinates = false;
  float latitude = 0;  // degrees; north and east are positive
  float longitude = 0;
  std::uint32_t asn = 0;
  std::uint8_t country_source = kNoSource;  // of continent, country, subdivision and city
  std::uint8_t coordinates_source = kNoSource;
  std::uint8_t asn_source = kNoSource;

  friend bool operator==(const Location&, const Location&) = default;
};

// A set of texts, each stored once. The id of "" is 0.
class Texts {
 public:
  using Id = std::uint32_t;
  // Longer texts are cut.
  static constexpr std::size_t kLengthMax = 255;

  // Throws std::length_error when all texts together would be longer than 2^32 octets.
  Id intern(std::string_view text);
  // Valid until the next intern(), and across moves.
  [[nodiscard]] std::string_view get(Id id) const noexcept;
  // Interns all of `other`. Their ids here, by those there; what is at numbers that are no id there says nothing.
  std::vector<Id> absorb(const Texts& other);
  // No intern() from here on; gives back the memory that only that needs.
  void seal();
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  std::vector<char> octets_{'\0'};  // of each text its length, then itself; an id is the place of the length
  IdTable ids_;
};

// Distinct locations, numbered from 0 (kUnknownLocation, of which nothing is known) without gaps.
// Written by one thread; then safe to read from any.
class Locations {
 public:
  // No database comes near: every /24 of IPv4 in a place of its own.
  static constexpr std::size_t kLocationsMax = std::size_t{1} << 24;

  // The id of this location, new or known. Throws std::length_error above kLocationsMax.
  LocationId intern(const Location& location);

  // Interns all of `other`. Their ids here, by those there; different ones of different ones.
  std::vector<LocationId> absorb(const Locations& other);

  // The texts stay valid until the next intern(), and across moves. `id` is below size().
  [[nodiscard]] Location get(LocationId id) const noexcept;
  // Of this location, if they are known. Costs less: reads no texts.
  [[nodiscard]] std::optional<Coordinates> coordinates(LocationId id) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }

  // No intern() from here on; gives back the memory that only that needs.
  void seal();

  // Of a sealed store: drops the locations that are not in `is_used`, which has an element for each of them, and
  // renumbers the others in their order. The new ids, by the old ones.
  std::vector<LocationId> keep(const std::vector<bool>& is_used);

  // Of a sealed store: gives a location the coordinates that it does not have.
  void set_coordinates(LocationId id, float latitude, float longitude, std::uint8_t source) noexcept;

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  struct Record;

  LocationId intern(const Record& record);

  struct Record {
    Texts::Id continent;
    Texts::Id country;
    Texts::Id subdivision;
    Texts::Id city;
    float latitude;
    float longitude;
    std::uint32_t asn;
    std::uint8_t has_coordinates;
    std::uint8_t country_source;
    std::uint8_t coordinates_source;
    std::uint8_t asn_source;

    friend bool operator==(const Record&, const Record&) = default;
  };
  static_assert(sizeof(Record) == 32);

  Texts texts_;
  std::vector<Record> records_{Record{0, 0, 0, 0, 0, 0, 0, 0, kNoSource, kNoSource, kNoSource}};
  IdTable ids_;
};

}  // namespace rhumb::geo
