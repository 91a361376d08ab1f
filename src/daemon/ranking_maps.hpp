// The ranking maps of a configuration's services: one for those with equal regions and steering.
//
// They are most of the time that a start or a reload takes (50 steerings over a city database: 10 s of work) and have
// nothing to do with each other: all are made at once, on several threads.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "geo/database.hpp"
#include "steering/latency.hpp"
#include "steering/ranking.hpp"
#include "steering/region.hpp"
#include "steering/rule.hpp"

namespace rhumb::daemon {

// Refers to what it is made from. A move of the configuration leaves what it refers to in its place.
class RankingMaps {
 public:
  // What services of one steering have in common.
  struct Shared {
    std::vector<std::size_t> regions;           // in Config::regions; the steering's are places in this list
    const config::ServiceSteering* configured;  // of the first service that has it
    std::shared_ptr<const steering::Steering> steering;
    std::shared_ptr<const steering::RankingMap> map;  // null before compile(), unless it was taken over
  };

  // What is served until now.
  struct Served {
    const std::vector<steering::Region>& regions;  // of its configuration
    const std::vector<Shared>& shared;
    bool has_same_databases;
    bool keeps_measured = false;  // measured rankings are taken from it, too, instead of going on from it
  };

  // Maps that would come out as they are `served` (null: nothing is) are taken from there: those of an unchanged
  // steering over the same databases, unless they are measured, which hold on to what is served
  // (steering::Hysteresis).
  RankingMaps(const config::Config& config, const Served* served);

  // The number of what services of this steering share. Searches all there are: they are few, even where services are
  // many.
  std::size_t add(const config::Service& service);
  // The same for all of them.
  std::vector<std::size_t> add(const std::vector<config::Service>& services);
  // Whether there is something to compile().
  [[nodiscard]] bool lacks_any() const;
  // Makes the maps that are not there yet. Throws what compile_rankings() throws.
  void compile(const geo::Database& database, const steering::Latencies& latencies);

  [[nodiscard]] const Shared& operator[](std::size_t number) const { return shared_[number]; }
  // All of them, for the next reload.
  [[nodiscard]] std::vector<Shared> take() { return std::move(shared_); }

 private:
  [[nodiscard]] std::shared_ptr<const steering::RankingMap> find_equal(const Shared& shared) const;
  [[nodiscard]] const steering::RankingMap* find_before(const Shared& shared) const;
  [[nodiscard]] bool has_same_names(const Shared& shared, const Shared& served) const;
  [[nodiscard]] bool has_same_places(const Shared& shared, const Shared& served) const;
  [[nodiscard]] std::shared_ptr<const steering::RankingMap> make(const Shared& shared, const geo::Database& database,
                                                                 const steering::Latencies& latencies) const;

  const config::Config& config_;
  const Served* served_;
  std::vector<Shared> shared_;
};

}  // namespace rhumb::daemon
