// From a configuration to what is checked: one probe for each target and settings, however many instances ask it.
#pragma once

#include <cstdint>
#include <map>

#include "config/config.hpp"
#include "health/plan.hpp"

namespace rhumb::daemon {

// One pass over the services, in order. `config` must outlive it.
class HealthPlanner {
 public:
  explicit HealthPlanner(const config::Config& config);

  // The next service.
  void add(const config::Service& service);
  // An instance of the service that was added last; its place on the board.
  std::uint32_t add(const config::Instance& instance);

  [[nodiscard]] health::Plan take();

 private:
  [[nodiscard]] std::optional<health::Condition> condition_of(const config::Instance& instance);
  [[nodiscard]] health::Condition resolve(const health::Condition& of_checks, const config::Instance& instance);
  [[nodiscard]] std::uint32_t probe_of(health::Target target);

  const config::Config& config_;
  const config::Service* service_ = nullptr;
  health::Plan plan_;
  std::map<health::Target, std::uint32_t, health::ProbeOrder> probes_;
};

}  // namespace rhumb::daemon
