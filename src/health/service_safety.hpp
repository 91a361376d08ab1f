// What a service's own safety rules make of the verdicts on its instances. Pure: no clock, no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/share.hpp"
#include "health/plan.hpp"
#include "health/status.hpp"
#include "health/time.hpp"

namespace rhumb::health {

// An instance, as its checks, its failback, its load and the operator would have it.
struct Judged {
  std::uint32_t region = 0;
  bool is_overridden = false;  // an operator has spoken: no rule touches it
  Standing standing = Standing::serving;
  double share = 1;  // of its clients: 0 to 1
  Time since = {};   // its state
};

// The instance's part of its clients in whole numbers, as answers see it.
[[nodiscard]] Share to_share(const Judged& judged) noexcept;

struct Safety {
  std::string panic = {};    // why all count as up; empty: they do not
  std::string regions = {};  // why some regions are kept; empty: none are
};

// Changes what the rules forbid:
// - fewer than `panic_percent` of the instances that no operator has spoken on serve: all of them do;
// - fewer than `regions_min` regions have an instance with a share: as many more are kept, those first that can serve
//   best: that shed or wait, then those that went down last.
Safety apply_safety(const ServicePlan& service, std::span<Judged> instances);

// Of how many regions some instance has a share.
[[nodiscard]] std::size_t count_served_regions(std::span<const Judged> instances);

}  // namespace rhumb::health
