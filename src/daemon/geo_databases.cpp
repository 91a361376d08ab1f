#include "daemon/geo_databases.hpp"

#include <filesystem>
#include <utility>

#include "geo/country_table.hpp"

namespace rhumb::daemon {
namespace {

std::vector<std::filesystem::path> joined(std::vector<std::filesystem::path> files,
                                          const std::vector<std::filesystem::path>& more) {
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

// IPv6 counts nothing by address space (geo::weigh_by_address_space).
geo::CountryMap countries_v4(const geo::Database& database) {
  geo::CountryMap countries = geo::make_country_map(database);
  countries.v6() = {};
  return countries;
}

}  // namespace

GeoDatabases::GeoDatabases(const config::Config& config, KnownFiles::Time started)
    : databases_(config.geoip.begin(), config.geoip.end()),
      geofeeds_(config.geofeeds.begin(), config.geofeeds.end()),
      files_(joined(config.geoip, config.geofeeds), started),
      counts_countries_(config.counts_countries) {}

bool GeoDatabases::take_over(const GeoDatabases& before) {
  if (databases_ != before.databases_ || geofeeds_ != before.geofeeds_ || !before.files_.are_unchanged()) return false;
  sources_ = before.sources_;
  countries_ = before.countries_;
  if (counts_countries_) country_table_ = before.country_table_;
  database_ = before.database_;
  return true;
}

const geo::Database* GeoDatabases::read(Problems& problems) {
  if (database_ == nullptr) {
    auto database = geo::load_databases(databases_, problems, geofeeds_);
    if (!database) return nullptr;
    sources_ = database->sources;
    if (countries_ == nullptr) countries_ = std::make_shared<const geo::CountryMap>(countries_v4(*database));
    database_ = std::make_shared<const geo::Database>(std::move(*database));
  }
  return database_.get();
}

void GeoDatabases::make_country_table() {
  if (!lack_country_table()) return;
  country_table_ = std::make_shared<const geo::AddressTable>(geo::make_country_table(*database_));
}

void GeoDatabases::hold_back_for(const GeoDatabases& served) {
  const bool counts_countries = counts_countries_;
  *this = served;
  counts_countries_ = counts_countries;
  if (!counts_countries_) country_table_.reset();
  have_held_back_ = true;
}

const geo::Database& GeoDatabases::read_or_know_nothing(Problems& problems) {
  static const geo::Database kNothing;
  const geo::Database* database = read(problems);
  return database == nullptr ? kNothing : *database;
}

}  // namespace rhumb::daemon
