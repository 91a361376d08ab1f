#include "questions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "zone_generator.hpp"

namespace rhumb::differential {
namespace {

constexpr std::array kTypes{dns::type::kA,     dns::type::kAaaa,  dns::type::kNs, dns::type::kDs,
                            dns::type::kCname, dns::type::kDname, type::kMx,      type::kTxt,
                            dns::type::kSoa,   dns::type::kAny,   type::kSrv};

// How many types are asked of a name that has so many labels below an apex.
constexpr std::array<std::size_t, 4> kTypesByDepth{kTypes.size(), kTypes.size(), 6, 1};

constexpr std::uint16_t kPayloadSize = 1'232;

using Key = std::pair<std::string, dns::Type>;

void add_types(const std::string& name, std::size_t count, Random& random, std::set<Key>& keys) {
  auto types = kTypes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto rest = static_cast<std::uint32_t>(types.size() - i);
    std::swap(types[i], types[i + random.below(rest)]);
    keys.emplace(name, types[i]);
  }
}

std::string_view any_label(Random& random) {
  const std::uint32_t number = random.below(kLabels.size() + 1);
  return number < kLabels.size() ? kLabels[number] : kUnusedLabel;
}

std::string below(std::string_view label, const std::string& name) {
  return fmt::format("{}.{}", label, name == "." ? "" : name);
}

void add_below(const std::string& name, std::size_t depth, Random& random, std::set<Key>& keys) {
  add_types(name, kTypesByDepth[depth], random, keys);
  if (depth + 1 == kTypesByDepth.size()) return;
  for (const std::string_view label : kLabels)
    add_below(below(label, name), depth + 1, random, keys);
  add_below(below(kUnusedLabel, name), depth + 1, random, keys);
}

// Names that are in no zone at all.
void add_above(const std::string& origin, Random& random, std::set<Key>& keys) {
  constexpr std::size_t kTypesEach = 2;
  const std::string parent = origin.ends_with(".test.") ? "test." : ".";
  add_types(parent, kTypesEach, random, keys);
  add_types(below(any_label(random), parent), kTypesEach, random, keys);
}

// One in four is in mixed case: names are compared without regard to it (RFC 4343).
std::string in_some_case(std::string name, Random& random) {
  if (random.below(4) != 0) return name;
  for (char& c : name) {
    if (random.below(2) == 0) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

}  // namespace

std::vector<Question> questions_about(const Family& family, bool has_root, Random& random) {
  std::set<Key> keys;
  for (const Zone& zone : family.zones)
    add_below(absolute(zone.apex, family.origin), 0, random, keys);
  if (family.origin == ".") add_below("test.", 1, random, keys);
  if (!has_root) add_above(family.origin, random, keys);
  std::vector<Question> questions;
  questions.reserve(keys.size());
  for (const auto& [name, type] : keys)
    questions.push_back({in_some_case(name, random), type, static_cast<Edns>(random.below(3)), random.below(2) == 0});
  return questions;
}

Question moved(Question question, const std::string& from_origin, const std::string& to_origin) {
  if (question.name.size() < from_origin.size()) return question;  // above it
  question.name.replace(question.name.size() - from_origin.size(), from_origin.size(), to_origin);
  return question;
}

dns::Message to_query(const Question& question, std::uint16_t id) {
  auto query = dns::query_message(question.name, question.type,
                                  question.is_recursion_desired ? dns::flag::kRd : std::uint16_t{0});
  store_u16(query.data(), id);
  if (question.edns != Edns::none) dns::append_opt(query, {}, kPayloadSize, 0, question.edns == Edns::dnssec_ok);
  return query;
}

std::string to_text(const Question& question) {
  constexpr std::array<std::string_view, 3> kEdns{"+noedns", "+edns", "+dnssec"};
  return fmt::format("{} {} {} {}", question.name, dns::type_to_text(question.type),
                     kEdns[static_cast<std::size_t>(question.edns)],
                     question.is_recursion_desired ? "+recurse" : "+norecurse");
}

}  // namespace rhumb::differential
