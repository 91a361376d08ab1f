// A world whose instances are probed: one in each region, each a backend in this process with a script of its own.
#pragma once

#include <array>
#include <cassert>
#include <memory>
#include <string>

#include "support/backend.hpp"
#include "world.hpp"

namespace rhumb::test {

// Regions by the number of their instance's address (loopback.hpp).
enum Region : unsigned { kInUsEast = 1, kInEuWest = 2, kInApSoutheast = 3 };

class HealthWorld : public World {
 public:
  static constexpr int kRise = 2;
  static constexpr int kFall = 3;

  // Nobody listens yet.
  HealthWorld() : port_(free_port({loopback(1), loopback(2), loopback(3)})) {
    config["checks"]["web"] = {{"type", "http"},     {"port", port_}, {"path", "/health"}, {"interval", "100ms"},
                               {"timeout", "100ms"}, {"rise", kRise}, {"fall", kFall}};
    Json& service = config["services"]["www.example.com"];
    service["check"] = "web";
    service["instances"] = Json::array(
        {instance("us-east", kInUsEast), instance("eu-west", kInEuWest), instance("ap-southeast", kInApSoutheast)});
  }

  // From now on the region's backend plays this; whatever it did before is over.
  health::Backend& play(Region region, health::Backend::Script script) {
    close(region);
    backends_[region] = std::make_unique<health::Backend>(std::move(script), port_, loopback(region));
    return *backends_[region];
  }
  // Connections are refused.
  void close(Region region) { backends_[region].reset(); }
  void play_well_everywhere() {
    for (const Region region : {kInUsEast, kInEuWest, kInApSoutheast})
      play(region, health::scripts::status(200));
  }
  [[nodiscard]] const health::Backend& backend(Region region) const {
    assert(backends_[region] != nullptr);
    return *backends_[region];
  }

  [[nodiscard]] static std::string address(Region region) { return loopback(region).to_string(); }
  [[nodiscard]] static Json instance(const char* region, Region number) {
    return {{"region", region}, {"address", address(number)}};
  }

  // True when the client is sent to the region's backend and nowhere else, sooner or later.
  [[nodiscard]] bool comes_to(const std::string& client, Region region) const;
  // Waits until the region's backend has been probed this often from now on.
  void wait_for_probes(Region region, int count) const;

 private:
  std::uint16_t port_;
  std::array<std::unique_ptr<health::Backend>, kLoopbacks + 1> backends_;
};

}  // namespace rhumb::test
