#include "daemon/zone_loader.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "zone/checks.hpp"
#include "zone/zone_cache.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::daemon {
namespace {

constexpr std::string_view kZoneSuffix = ".zone";

struct ZoneFile {
  std::filesystem::path path;
  dns::Name apex;
  std::vector<zone::OverlayName> overlays;
  std::vector<std::filesystem::path> same_apex;  // two files may spell one name in two ways: EXAMPLE.com.zone
};

// The zone files of a directory, by name. "example.com.zone" is zone example.com; ".zone" alone would be the root,
// which is spelt "root.zone" by nobody: it is "..zone". A file that is no zone's is told to `of_zones`.
std::vector<ZoneFile> list_zones(const std::filesystem::path& directory, Problems& problems, Problems& of_zones) {
  std::vector<ZoneFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string file_name = entry->path().filename().string();
    if (!file_name.ends_with(kZoneSuffix)) continue;
    const auto apex =
        dns::Name::from_text(std::string_view(file_name).substr(0, file_name.size() - kZoneSuffix.size()));
    if (apex) {
      files.push_back({entry->path(), *apex, {}, {}});
    } else {
      of_zones.error(entry->path().string(), "the file's name without \".zone\" must be the name of its zone");
    }
  }
  if (error) problems.error(directory.string(), error.message());
  std::ranges::sort(files, {}, &ZoneFile::path);
  return files;
}

// Leaves one file for each apex.
void join_equal_apexes(std::vector<ZoneFile>& files) {
  std::map<dns::Name, std::size_t> by_apex;
  std::size_t kept = 0;
  for (ZoneFile& file : files) {
    const auto [other, is_new] = by_apex.try_emplace(file.apex, kept);
    if (!is_new) {
      files[other->second].same_apex.push_back(file.path);
    } else if (&files[kept++] != &file) {
      files[kept - 1] = std::move(file);
    }
  }
  files.resize(kept);
}

// Hands each service to the zone with the longest apex that is at or above its name.
void overlay_services(const config::Config& config, std::vector<ZoneFile>& files, Problems& problems) {
  std::map<dns::Name, ZoneFile*> by_apex;
  for (ZoneFile& file : files)
    by_apex.emplace(file.apex, &file);
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const config::Service& service = config.services[i];
    auto zone = by_apex.find(service.name);
    for (dns::Name name = service.name; zone == by_apex.end() && !name.is_root();) {
      name = name.parent();
      zone = by_apex.find(name);
    }
    if (zone == by_apex.end()) {
      problems.error(service.place, fmt::format("no zone in {} holds this name", config.zones.string()));
    } else {
      zone->second->overlays.push_back(
          {service.name, static_cast<zone::Overlay>(i), service.place, config::has_targets(service)});
    }
  }
}

// What became of a zone file.
struct LoadedFile {
  zone::LoadedZone loaded;
  Problems problems;
};

LoadedFile read_file(const ZoneFile& file, const std::optional<zone::ZoneCache>& cache) {
  LoadedFile read;
  for (const auto& other : file.same_apex)
    read.problems.error(other.string(), fmt::format("the same zone as {}", file.path.string()));
  if (!file.same_apex.empty()) return read;
  if (cache) {
    read.loaded = cache->load(file.path, file.apex, file.overlays, read.problems);
  } else {
    read.loaded.zone =
        zone::load_zone_file(file.path, file.apex, file.overlays, read.problems, {.files = &read.loaded.files});
  }
  return read;
}

// Whether these, and no others, lie over the zone: then the numbers that its nodes have are still right.
bool has_overlays(const zone::Zone& zone, const std::vector<zone::OverlayName>& overlays) {
  std::map<dns::Name, zone::Overlay> expected;
  for (const zone::OverlayName& overlay : overlays)
    expected.emplace(overlay.name, overlay.overlay);
  std::map<dns::Name, zone::Overlay> actual;
  for (zone::NodeIndex node = 0; node < zone.node_count(); ++node) {
    if (zone.overlay(node) != zone::kNoOverlay) {
      actual.emplace(*dns::Name::from_wire(zone.owner(node)), zone.overlay(node));
    }
  }
  return actual == expected;
}

// Whether no service that is an alias now lies over other data, which was no error when it was none.
bool allows_aliases(const zone::Zone& zone, const std::vector<zone::OverlayName>& overlays) {
  std::set<zone::Overlay> aliases;
  for (const zone::OverlayName& overlay : overlays) {
    if (overlay.is_alias) aliases.insert(overlay.overlay);
  }
  if (aliases.empty()) return true;
  for (zone::NodeIndex node = 0; node < zone.node_count(); ++node) {
    if (!aliases.contains(zone.overlay(node))) continue;
    if (!std::ranges::all_of(zone.rrsets(node), zone::stands_beside_alias, &zone::Rrset::type)) return false;
  }
  return true;
}

// Reads the zones that are new on all cores and takes them one by one. What is wrong with one of them goes to
// `of_zones`, what is wrong with the whole load to `problems`.
class ZoneLoader {
 public:
  ZoneLoader(const config::Config& config, const ServedZones* served, KnownFiles::Time started, Problems& problems,
             Problems& of_zones)
      : config_(config), started_(started), problems_(problems), of_zones_(of_zones) {
    if (served == nullptr) return;
    for (const auto& zone : served->zones.zones())
      served_.emplace(zone->apex(), zone);
    texts_ = &served->texts;
  }

  ZoneSet load() {
    auto files = list_zones(config_.zones, problems_, of_zones_);
    join_equal_apexes(files);
    overlay_services(config_, files, problems_);
    if (files.size() > kZonesMax) {
      problems_.error(config_.zones.string(), fmt::format("more than {} zone files", kZonesMax));
      return {};
    }
    if (files.empty() && !problems_.has_errors() && !of_zones_.has_errors()) {
      problems_.warning(config_.zones.string(), "no file NAME.zone: every query will be refused");
    }
    std::optional<zone::ZoneCache> cache;
    if (config_.zone_cache) cache.emplace(*config_.zone_cache);
    auto loaded = load_files(files, cache);
    for (std::size_t i = 0; i < files.size(); ++i)
      take(files[i], loaded[i]);
    return std::move(set_);
  }

 private:
  // Each in its place, whichever thread has loaded it. Throws what the loading of one has thrown.
  [[nodiscard]] std::vector<LoadedFile> load_files(const std::vector<ZoneFile>& files,
                                                   const std::optional<zone::ZoneCache>& cache) const {
    std::vector<LoadedFile> loaded(files.size());
    std::atomic<std::size_t> next = 0;
    const auto load = [&] {
      for (std::size_t i = next++; i < files.size(); i = next++)
        loaded[i] = is_unchanged(files[i]) ? LoadedFile{} : read_file(files[i], cache);
    };
    std::vector<std::future<void>> helpers;
    const std::size_t threads = std::min(files.size(), zone::ReadSettings::usual_parsers());
    for (std::size_t i = 1; i < threads; ++i)
      helpers.push_back(std::async(std::launch::async, load));
    load();
    for (auto& helper : helpers)
      helper.get();
    return loaded;
  }

  // Whether the version that is being served is what reading it would give.
  [[nodiscard]] bool is_unchanged(const ZoneFile& file) const {
    if (texts_ == nullptr || !file.same_apex.empty()) return false;
    const auto text = texts_->find(file.apex);
    if (text == texts_->end() || !text->second.files.are_unchanged() || text->second.files.files().front() != file.path)
      return false;
    return can_keep(*served_.at(file.apex), file);
  }

  static bool can_keep(const zone::Zone& zone, const ZoneFile& file) {
    return has_overlays(zone, file.overlays) && allows_aliases(zone, file.overlays);
  }

  void take(const ZoneFile& file, LoadedFile& from) {
    if (from.loaded.zone != nullptr) {
      set_.zones.push_back(std::move(from.loaded.zone));
      set_.texts.emplace(file.apex, ZoneText{{std::move(from.loaded.files), started_}, from.problems});
      if (from.loaded.uncached) set_.uncached.push_back(std::move(*from.loaded.uncached));
    } else if (from.problems.has_errors()) {
      do_without(file, from.problems);
    } else {
      set_.zones.push_back(served_.at(file.apex));
      const ZoneText& text = set_.texts.emplace(file.apex, texts_->at(file.apex)).first->second;
      of_zones_.append(text.warnings);
    }
    of_zones_.append(from.problems);
  }

  // The version that is being served, if there is one, or none.
  void do_without(const ZoneFile& file, Problems& of_zone) {
    if (config_.strict) return;
    assert(of_zone.has_errors());
    const std::string errors =
        fmt::format("{} errors, the first: {}", of_zone.error_count(), of_zone.first_error()->to_string());
    const auto served = served_.find(file.apex);
    if (served == served_.end()) {
      set_.not_loaded.push_back(file.apex);
      of_zone.warning(file.path.string(), "the zone is not served, its names get SERVFAIL: " + errors);
    } else if (can_keep(*served->second, file)) {
      set_.zones.push_back(served->second);
      of_zone.warning(file.path.string(), fmt::format("the version that is being served, serial {}, is kept: {}",
                                                      served->second->serial(), errors));
    } else {
      problems_.error(file.path.string(),
                      "the zone has errors, and the version that is being served cannot be kept, because the services "
                      "in it are not those that it was loaded with; mend the zone, or leave the services as they were");
    }
  }

  const config::Config& config_;
  KnownFiles::Time started_;
  Problems& problems_;
  Problems& of_zones_;
  std::map<dns::Name, std::shared_ptr<const zone::Zone>> served_;
  const ZoneTexts* texts_ = nullptr;  // of `served_`, of those that have one
  ZoneSet set_;
};

}  // namespace

ZoneSet load_zones(const config::Config& config, const ServedZones* served, KnownFiles::Time started,
                   Problems& problems, Problems& of_zones) {
  return ZoneLoader(config, served, started, problems, of_zones).load();
}

std::optional<ReloadedZone> read_zone(const config::Config& config, std::vector<dns::Name> apexes,
                                      const dns::Name& apex, KnownFiles::Time started, Problems& problems) {
  if (std::ranges::find(apexes, apex) == apexes.end()) apexes.push_back(apex);
  std::vector<ZoneFile> known;  // for the services: which are in this zone and not in one below it
  known.reserve(apexes.size());
  for (dns::Name& other : apexes)
    known.push_back({{}, std::move(other), {}, {}});
  overlay_services(config, known, problems);

  Problems of_others;
  auto files = list_zones(config.zones, problems, of_others);
  join_equal_apexes(files);
  const auto file = std::ranges::find(files, apex, &ZoneFile::apex);
  if (file == files.end()) {
    problems.error(config.zones.string(), fmt::format("no file of zone {}; a reload of everything drops zones that are "
                                                      "gone",
                                                      apex.to_text()));
    return std::nullopt;
  }
  file->overlays = std::move(std::ranges::find(known, apex, &ZoneFile::apex)->overlays);
  std::optional<zone::ZoneCache> cache;
  if (config.zone_cache) cache.emplace(*config.zone_cache);
  LoadedFile read = read_file(*file, cache);
  problems.append(read.problems);
  if (read.loaded.zone == nullptr) return std::nullopt;
  return ReloadedZone{std::move(read.loaded.zone),
                      {{std::move(read.loaded.files), started}, std::move(read.problems)},
                      std::move(read.loaded.uncached)};
}

std::optional<ReloadedZone> reload_zone(const config::Config& config, const zone::Zones& served, const dns::Name& apex,
                                        KnownFiles::Time started, Problems& problems) {
  std::vector<dns::Name> apexes(served.not_loaded().begin(), served.not_loaded().end());
  for (const auto& zone : served.zones())
    apexes.push_back(zone->apex());
  if (std::ranges::find(apexes, apex) != apexes.end()) {
    return read_zone(config, std::move(apexes), apex, started, problems);
  }
  problems.error(config.zones.string(),
                 fmt::format("zone {} is not served; a reload of everything takes new zones in", apex.to_text()));
  return std::nullopt;
}

}  // namespace rhumb::daemon
