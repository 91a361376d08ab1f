// Whether Rhumb's response is right, as far as NSD's and Knot's can tell.
#pragma once

#include <array>
#include <string>

#include "exchange.hpp"
#include "questions.hpp"
#include "response.hpp"
#include "served_zones.hpp"

namespace rhumb::differential {

enum class Outcome {
  equal,    // all three agree
  opinion,  // NSD and Knot differ and Rhumb sides with one of them, or its own way is explained
  failure,
};

struct Verdict {
  Outcome outcome;
  // Why it is no plain agreement; the same for disagreements of one kind. Empty if they are equal.
  std::string category;
};

[[nodiscard]] Verdict judge(const Question& question, std::array<Response, kServers> responses,
                            const ServedZones& zones);

// What the RFCs say to a category of judge(); empty for one that is not explained.
[[nodiscard]] std::string_view reason_of(std::string_view category);

}  // namespace rhumb::differential
