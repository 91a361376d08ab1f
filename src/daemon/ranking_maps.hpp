// The ranking maps of a configuration's services: one for those with equal regions and steering.
//
// They are most of the time that a start or a reload takes (50 steerings over a city database: 10 s of work) and have
// nothing to do with each other: all are made at once, on several threads.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "answer/snapshot.hpp"
#include "config/config.hpp"
#include "geo/database.hpp"
#include "steering/latency.hpp"
#include "steering/ranking.hpp"
#include "steering/rule.hpp"

namespace rhumb::daemon {

// Refers to what it is made from.
class RankingMaps {
 public:
  // What services of one steering have in common.
  struct Shared {
    std::vector<std::size_t> regions;           // in Config::regions; the steering's are places in this list
    const config::ServiceSteering* configured;  // of the first service that has it
    std::shared_ptr<const steering::Steering> steering;
    std::shared_ptr<const steering::RankingMap> map;  // null until compile()
  };

  // `served`: what measured rankings hold on to (steering::Hysteresis); may be null.
  RankingMaps(const config::Config& config, const geo::Database& database, const steering::Latencies& latencies,
              const answer::Snapshot* served);

  // The number of what services of this steering share. Searches all there are: they are few, even where services are
  // many.
  std::size_t add(const config::Service& service);
  // Makes the maps of all that was added. Throws what compile_rankings() throws.
  void compile();

  [[nodiscard]] const Shared& operator[](std::size_t number) const { return shared_[number]; }

 private:
  [[nodiscard]] std::size_t compiler_count() const;
  void compile(Shared& shared) const;
  [[nodiscard]] const steering::RankingMap* find_served(const Shared& shared) const;

  const config::Config& config_;
  const geo::Database& database_;
  const steering::Latencies& latencies_;
  const answer::Snapshot* served_;
  std::vector<Shared> shared_;
};

}  // namespace rhumb::daemon
