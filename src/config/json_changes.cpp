#include "config/json_changes.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "config/masked.hpp"

namespace rhumb::config {
namespace {

// Octets of a value in a line: names, addresses and numbers are shorter.
constexpr std::size_t kValueMax = 60;

// Scalars as JSON has them, the others by their size.
std::string value_text(const Json& value) {
  if (value.is_object()) return fmt::format("{} members", value.size());
  if (value.is_array()) return fmt::format("{} elements", value.size());
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() <= kValueMax) return text;
  std::size_t end = kValueMax;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)  // not within a character
    --end;
  return text.substr(0, end) + "…";
}

class Comparison {
 public:
  explicit Comparison(std::size_t lines_max) : lines_max_(lines_max) {}

  void compare(const std::string& place, const Json& before, const Json& after) {
    if (before.is_object() && after.is_object()) return compare_objects(place, before, after);
    if (before.is_array() && after.is_array() && before.size() == after.size()) {
      for (std::size_t i = 0; i < before.size(); ++i)
        compare(fmt::format("{}/{}", place, i), before[i], after[i]);
    } else if (before != after) {
      add(place, fmt::format("{} → {}", value_text(before), value_text(after)));
    }
  }

  JsonChanges take() { return std::move(changes_); }

 private:
  using Members = std::unordered_map<std::string_view, const Json*>;

  void compare_objects(const std::string& place, const Json& before, const Json& after) {
    const Members then = members_of(before);
    for (const auto& [key, value] : after.items()) {
      const auto known = then.find(key);
      const std::string member = place + "/" + escaped_key(key);
      if (known == then.end()) {
        add(member, "new");
      } else if (is_secret(key)) {
        if (*known->second != value) add(member, "changed");
      } else {
        compare(member, *known->second, value);
      }
    }
    const Members now = members_of(after);
    for (const auto& [key, value] : before.items()) {
      if (!now.contains(key)) add(place + "/" + escaped_key(key), "gone");
    }
  }

  static Members members_of(const Json& object) {
    Members members;
    for (const auto& [key, value] : object.items())
      members.emplace(key, &value);
    return members;
  }

  void add(const std::string& place, const std::string& what) {
    if (changes_.lines.size() < lines_max_) {
      changes_.lines.push_back(fmt::format("{}: {}", place, what));
    } else {
      ++changes_.left_out;
    }
  }

  std::size_t lines_max_;
  JsonChanges changes_;
};

}  // namespace

JsonChanges find_changes(const Json& before, const Json& after, std::size_t lines_max) {
  Comparison comparison(lines_max);
  comparison.compare("", before, after);
  return comparison.take();
}

}  // namespace rhumb::config
