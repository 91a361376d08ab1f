#include "cli/share_text.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rhumb::cli {

double rounded(double share) {
  return std::round(share * 1e9) / 1e9;
}

std::string names_text(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  const std::string text = fmt::format("{}", fmt::join(first_of(names, kShown), ", "));
  return names.size() <= kShown ? text : fmt::format("{} and {} more", text, names.size() - kShown);
}

std::string clients_text(const daemon::CountedClients& counted, double weight) {
  return fmt::format("{:.12g} {}", weight, counted.unit);
}

}  // namespace rhumb::cli
