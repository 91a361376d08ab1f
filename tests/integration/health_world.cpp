#include "health_world.hpp"

#include <gtest/gtest.h>

#include "support/wait_until.hpp"

namespace rhumb::test {

bool HealthWorld::comes_to(const std::string& client, Region region) const {
  return wait_until(
      [&] { return addresses({.name = "www.example.com", .client = client}) == std::vector{address(region)}; });
}

void HealthWorld::wait_for_probes(Region region, int count) const {
  const int wanted = backend(region).accepted() + count;
  EXPECT_TRUE(wait_until([&] { return backend(region).accepted() >= wanted; })) << "it is not probed any more";
}

}  // namespace rhumb::test
