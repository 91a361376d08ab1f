#include "base/suggestion.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace rhumb {
namespace {

// Edits (Levenshtein, a swap of neighbours counting one) that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

constexpr std::size_t kSuggestedMax = 64;  // octets; bounds the quadratic edit distance

}  // namespace

std::string suggestion(std::string_view text, const std::vector<std::string_view>& names) {
  if (text.size() > kSuggestedMax) return {};
  std::string_view best;
  std::size_t best_distance = text.size() / 3 + 1;  // one mistake in three letters is a slip, more is another word
  for (const std::string_view name : names) {
    if (name.size() > kSuggestedMax) continue;
    const std::size_t distance = edit_distance(text, name);
    if (distance > best_distance || (distance == best_distance && !best.empty())) continue;
    best = name;
    best_distance = distance;
  }
  return best.empty() ? std::string() : fmt::format(" (did you mean \"{}\"?)", best);
}

}  // namespace rhumb
