// A geo database that is replaced while a server may read it, and the versions of it that are kept.
//
// They lie beside it, "city.mmdb.2026-11-01T060000Z", named by when they were built, so that a look into the directory
// tells what there is. The name itself always leads to a whole file: a new one is copied aside in the same directory,
// written to the disk, and renamed over the old one.
//
// All but find_versions() throw std::filesystem::filesystem_error or std::system_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rhumb::daemon {

// Of a database with three months in the year 0.4 GB.
inline constexpr std::size_t kVersionsUsual = 3;

struct DatabaseVersion {
  std::string name;            // "2026-11-01T060000Z"
  std::filesystem::path file;  // "geoip/city.mmdb.2026-11-01T060000Z"
};

// "2026-11-01T060000Z"
[[nodiscard]] std::string version_name(std::int64_t built_at_s);

// Those that are kept of `database`, the newest first.
[[nodiscard]] std::vector<DatabaseVersion> find_versions(const std::filesystem::path& database);

// Keeps what is there now, which was built then; what is kept already stays as it is. Costs no space where the file
// system has hard links, until another file takes its place.
DatabaseVersion keep_version(const std::filesystem::path& database, std::int64_t built_at_s);

// Puts a copy of `file` in the place of `database`, with the mode and, if it may be, the owner of what was there.
void put_in_place(const std::filesystem::path& file, const std::filesystem::path& database);

// Removes all but the newest `kept`.
void drop_versions(const std::filesystem::path& database, std::size_t kept);

}  // namespace rhumb::daemon
