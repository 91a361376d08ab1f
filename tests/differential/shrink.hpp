// Makes the zones behind a disagreement as small as they can be.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "judge.hpp"
#include "questions.hpp"
#include "zone_draft.hpp"

namespace rhumb::differential {

// A question and the zones that it is asked of: the family it is about first, then the root zone if that matters.
struct Case {
  std::vector<Family> families;
  Question question;
};

struct Outcomes {
  Verdict verdict;
  std::array<Response, kServers> responses;
};

// Starts the servers on the case's zones alone and asks. `directory` is made anew.
[[nodiscard]] Outcomes try_case(const Case& what, const std::filesystem::path& directory);

// Removes zones and records while the verdict's category stays what it is, in at most kStartsMax starts of the servers.
inline constexpr int kStartsMax = 120;
[[nodiscard]] Case shrink(Case what, const std::string& category, const std::filesystem::path& directory);

}  // namespace rhumb::differential
