// The geo databases of a configuration, which are read when somebody needs them.
//
// A start always does. A reload does when they, or what is steered by them, have changed: a city database takes 2 s of
// two cores and 0.2 GB.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/known_files.hpp"
#include "base/problems.hpp"
#include "config/config.hpp"
#include "geo/address_table.hpp"
#include "geo/country_map.hpp"
#include "geo/database.hpp"

namespace rhumb::daemon {

class GeoDatabases {
 public:
  GeoDatabases() = default;
  // `started` is when the load began.
  GeoDatabases(const config::Config& config, KnownFiles::Time started);

  // Whether they are those of `before`, and have not changed since. Then they need not be read again if `before` still
  // holds them.
  [[nodiscard]] bool take_over(const GeoDatabases& before);

  // Whether the files are those that were named at the time of the load, for sure.
  [[nodiscard]] bool are_unchanged() const noexcept { return files_.are_unchanged(); }

  // What they say; reads them if they are not in memory. Null when there was an error, which is told to `problems`.
  [[nodiscard]] const geo::Database* read(Problems& problems);
  // As read(); one that knows nothing when there was an error.
  [[nodiscard]] const geo::Database& read_or_know_nothing(Problems& problems);
  // What read() gave, after one that succeeded, until forget().
  [[nodiscard]] const geo::Database& get() const noexcept { return *database_; }
  // The files, as they were when they were read; still there after forget().
  [[nodiscard]] const std::vector<geo::Source>& sources() const noexcept { return sources_; }
  [[nodiscard]] bool are_in_memory() const noexcept { return database_ != nullptr; }
  // What they say of countries, of IPv4; likewise. Null before they were read.
  [[nodiscard]] const geo::CountryMap* countries() const noexcept { return countries_.get(); }
  // What the threads that answer find countries by (geo/country_table.hpp), if the configuration has them counted;
  // likewise. Made by make_country_table() alone, and taken over.
  [[nodiscard]] const std::shared_ptr<const geo::AddressTable>& country_table() const noexcept {
    return country_table_;
  }
  [[nodiscard]] bool lack_country_table() const noexcept { return counts_countries_ && country_table_ == nullptr; }
  // If it is lacking. After a read() that succeeded. Throws as geo::AddressTable does.
  void make_country_table();
  // Whether the files have changed since, and what they say now is held back (database_guard.hpp).
  [[nodiscard]] bool have_held_back() const noexcept { return have_held_back_; }
  // Instead of these, those that are `served` stay. They have a table of countries if they had.
  void hold_back_for(const GeoDatabases& served);
  // Whether the configuration names none.
  [[nodiscard]] bool are_none() const noexcept { return databases_.empty() && geofeeds_.empty(); }
  // Gives the memory back.
  void forget() noexcept { database_.reset(); }

 private:
  std::vector<std::string> databases_;
  std::vector<std::string> geofeeds_;
  KnownFiles files_;  // of both
  std::vector<geo::Source> sources_;
  std::shared_ptr<const geo::CountryMap> countries_;
  bool counts_countries_ = false;
  std::shared_ptr<const geo::AddressTable> country_table_;
  bool have_held_back_ = false;
  std::shared_ptr<const geo::Database> database_;
};

}  // namespace rhumb::daemon
