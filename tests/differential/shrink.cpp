#include "shrink.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "exchange.hpp"
#include "servers.hpp"

namespace rhumb::differential {
namespace {

std::array<Response, kServers> parse_all(const Responses& messages) {
  std::array<Response, kServers> responses;
  for (std::size_t server = 0; server < kServers; ++server)
    responses[server] = parse_response(messages[server]).value_or(Response{});
  return responses;
}

// Starts the servers and asks one question after the other.
std::vector<Outcomes> ask_all(const std::vector<Family>& families, const std::vector<Question>& questions,
                              const std::filesystem::path& directory) {
  const Servers servers(directory, families);
  const ServedZones zones(families);
  std::vector<Outcomes> outcomes;
  Exchange(servers.endpoints()).ask(questions, [&](std::size_t number, const Responses& messages) {
    const auto responses = parse_all(messages);
    outcomes.push_back({judge(questions[number], responses, zones), responses});
  });
  return outcomes;
}

// A record of a case, or with kWholeZone a zone, by its place.
struct Part {
  std::size_t family;
  std::size_t zone;
  std::size_t record;
};
constexpr std::size_t kWholeZone = static_cast<std::size_t>(-1);

// What can be taken away without making a zone that no server loads: it needs its SOA and one NS record.
std::vector<Part> removable_parts(const Case& what) {
  std::vector<Part> parts;
  for (std::size_t f = 0; f < what.families.size(); ++f) {
    const auto& zones = what.families[f].zones;
    for (std::size_t z = 0; z < zones.size(); ++z) {
      if (f + z > 0) parts.push_back({f, z, kWholeZone});
      bool has_ns = false;
      for (std::size_t r = 0; r < zones[z].records.size(); ++r) {
        const Record& record = zones[z].records[r];
        const bool is_apex_ns = record.owner == zones[z].apex && record.type == "NS";
        if (record.type != "SOA" && (!is_apex_ns || has_ns)) parts.push_back({f, z, r});
        has_ns = has_ns || is_apex_ns;
      }
    }
  }
  return parts;
}

Case without(const Case& what, std::span<const Part> parts) {
  Case result{{}, what.question};
  for (std::size_t f = 0; f < what.families.size(); ++f) {
    Family family{what.families[f].origin, {}};
    for (std::size_t z = 0; z < what.families[f].zones.size(); ++z) {
      const auto is_removed = [&](std::size_t record) {
        return std::ranges::any_of(
            parts, [&](const Part& part) { return part.family == f && part.zone == z && part.record == record; });
      };
      if (is_removed(kWholeZone)) continue;
      const Zone& zone = what.families[f].zones[z];
      Zone kept{zone.apex, {}};
      for (std::size_t r = 0; r < zone.records.size(); ++r) {
        if (!is_removed(r)) kept.records.push_back(zone.records[r]);
      }
      family.zones.push_back(std::move(kept));
    }
    if (!family.zones.empty()) result.families.push_back(std::move(family));
  }
  return result;
}

// Every way to take away a half of the parts, a quarter, …, a single one: the largest bites first.
std::vector<Case> smaller_cases(const Case& what) {
  const std::vector<Part> parts = removable_parts(what);
  std::vector<Case> cases;
  for (std::size_t size = parts.size(); size > 0; size /= 2) {
    for (std::size_t at = 0; at < parts.size(); at += size)
      cases.push_back(without(what, std::span(parts).subspan(at, std::min(size, parts.size() - at))));
  }
  return cases;
}

// Has the same number of labels as the origin it stands for.
std::string origin_of(std::size_t number, const std::string& like) {
  return like.ends_with(".test.") ? fmt::format("s{}.test.", number) : fmt::format("s{}.", number);
}

class Shrinker {
 public:
  Shrinker(std::string category, std::filesystem::path directory)
      : category_(std::move(category)), directory_(std::move(directory)) {}

  Case shrink(Case what);

 private:
  // The first of the cases that is still of the category.
  [[nodiscard]] std::optional<Case> find_first(const std::vector<Case>& cases);
  [[nodiscard]] std::optional<Case> find_first_at_once(const std::vector<Case>& cases);
  [[nodiscard]] bool is_still_there(const Case& what);

  std::string category_;
  std::filesystem::path directory_;
  int starts_ = 0;
};

Case Shrinker::shrink(Case what) {
  if (what.families.size() > 1) {  // without the root
    const Case alone{{what.families.front()}, what.question};
    if (is_still_there(alone)) what = alone;
  }
  while (starts_ < kStartsMax) {
    auto smaller = find_first(smaller_cases(what));
    if (!smaller) break;
    what = std::move(*smaller);
  }
  return what;
}

std::optional<Case> Shrinker::find_first(const std::vector<Case>& cases) {
  if (cases.empty()) return std::nullopt;
  const Case& largest = cases.back();
  if (largest.families.size() == 1 && largest.families.front().origin != ".") return find_first_at_once(cases);
  for (const Case& smaller : cases) {
    if (starts_ >= kStartsMax) return std::nullopt;
    if (is_still_there(smaller)) return smaller;
  }
  return std::nullopt;
}

// Puts the cases beside one another, each under an origin of its own: one start for all.
std::optional<Case> Shrinker::find_first_at_once(const std::vector<Case>& cases) {
  std::vector<Family> families;
  std::vector<Question> questions;
  for (const Case& smaller : cases) {
    Family family = smaller.families.front();
    const std::string origin = origin_of(families.size(), family.origin);
    questions.push_back(moved(smaller.question, family.origin, origin));
    family.origin = origin;
    families.push_back(std::move(family));
  }
  ++starts_;
  const auto outcomes = ask_all(families, questions, directory_);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (outcomes[i].verdict.category == category_) return cases[i];
  }
  return std::nullopt;
}

bool Shrinker::is_still_there(const Case& what) {
  ++starts_;
  return try_case(what, directory_).verdict.category == category_;
}

}  // namespace

Outcomes try_case(const Case& what, const std::filesystem::path& directory) {
  return ask_all(what.families, {what.question}, directory).front();
}

Case shrink(Case what, const std::string& category, const std::filesystem::path& directory) {
  return Shrinker(category, directory).shrink(std::move(what));
}

}  // namespace rhumb::differential
