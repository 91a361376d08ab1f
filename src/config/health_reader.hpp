// "health": what verdicts are made into, of all services and of one.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/ip_address.hpp"
#include "config/json_place.hpp"
#include "health/failback.hpp"
#include "health/load_shedding.hpp"
#include "health/mass_guard.hpp"

namespace rhumb::config {

// Of one service.
struct ServiceHealth {
  health::FailbackSettings failback = {};
  int panic_percent = 0;
  std::uint32_t regions_min = 0;
  health::LoadSettings load = {};

  friend bool operator==(const ServiceHealth&, const ServiceHealth&) = default;
};

// A probe of something outside, which tells whether our own network works.
struct Canary {
  std::size_t check;  // in Config::checks; one that probes
  IpAddress address;

  friend bool operator==(const Canary&, const Canary&) = default;
};

// Of all services.
struct Health {
  std::optional<std::filesystem::path> state_file;
  health::GuardSettings guard = {};
  std::vector<Canary> canaries = {};
  ServiceHealth service = {};  // what a service has that does not say otherwise
};

// The member "health" of the configuration; canaries name members of `checks`. Files are relative to `directory`.
[[nodiscard]] Health read_health(const JsonPlace& place, std::span<const std::string> checks,
                                 const std::filesystem::path& directory);

// The member "health" of a service; what it does not say is as in `otherwise`.
[[nodiscard]] ServiceHealth read_service_health(const JsonPlace& place, const ServiceHealth& otherwise);

}  // namespace rhumb::config
