// What came of one probe, in words for the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rhumb::health {

struct Outcome {
  enum class Kind {
    success,
    failure,
    inconclusive,  // trouble on our own side, or cancelled: says nothing about the target
    no_opinion,    // nothing is known of the target any more
  };
  Kind kind = Kind::inconclusive;
  // "HTTP 200 in 3ms", "connect: Connection refused", "timeout after 2s waiting for the response"
  std::string evidence;
  std::string warning = {};          // of what is well but will not stay so: "its certificate expires in 5 days"
  std::optional<double> load = {};   // as the instance tells it: 1 is its limit
  std::uint32_t taken_ms = 0;        // the response time of the whole probe
};

}  // namespace rhumb::health
