// From a configuration to what is checked: one probe for each target and settings, however many instances ask it.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "config/config.hpp"
#include "health/plan.hpp"

namespace rhumb::daemon {

// One pass over the services, in order. `config` must outlive it.
class HealthPlanner {
 public:
  explicit HealthPlanner(const config::Config& config);
  HealthPlanner(const HealthPlanner&) = delete;
  HealthPlanner& operator=(const HealthPlanner&) = delete;

  // The next service.
  void add(const config::Service& service);
  // An instance of the service that was added last; its place on the board.
  std::uint32_t add(const config::Instance& instance);

  // The last call.
  [[nodiscard]] health::Plan take();

 private:
  [[nodiscard]] std::optional<health::Condition> condition_of(const config::Instance& instance);
  [[nodiscard]] health::Condition resolve(const health::Condition& of_checks, const config::Instance& instance);
  [[nodiscard]] std::uint32_t probe_of(health::Target target);

  // health::ProbeOrder, of targets by their place in a list: each is as large as everything that a check can say, so
  // that a second one in a key cost more than all else that is known of an instance.
  struct PlaceOrder {
    using is_transparent = void;

    const std::vector<health::Target>& probes;

    [[nodiscard]] bool operator()(std::uint32_t a, std::uint32_t b) const noexcept {
      return kOrder(probes[a], probes[b]);
    }
    [[nodiscard]] bool operator()(std::uint32_t a, const health::Target& b) const noexcept {
      return kOrder(probes[a], b);
    }
    [[nodiscard]] bool operator()(const health::Target& a, std::uint32_t b) const noexcept {
      return kOrder(a, probes[b]);
    }

   private:
    static constexpr health::ProbeOrder kOrder{};
  };

  const config::Config& config_;
  const config::Service* service_ = nullptr;
  health::Plan plan_;
  std::set<std::uint32_t, PlaceOrder> probes_{PlaceOrder{plan_.probes}};  // all places in it
};

}  // namespace rhumb::daemon
