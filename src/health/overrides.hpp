// The operator's words that are in force: one for each scope, the narrowest goes first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "health/override.hpp"

namespace rhumb::health {

// For one thread.
class Overrides {
 public:
  Overrides() = default;
  // Of an earlier one. Those that were given in the future, before the clock was set back, count as given now.
  Overrides(std::vector<Override> words, Time now);

  // Of the words about this instance: on itself, else on its service there, else on its region. Null: none.
  [[nodiscard]] const Override* find(std::string_view region, std::string_view service,
                                     std::string_view instance) const;
  [[nodiscard]] const Override* find(const Scope& scope) const;

  // In place of an earlier one on the same scope. False if there are kOverridesMax others.
  [[nodiscard]] bool set(const Override& word);
  // The one on exactly this scope, if there was one.
  std::optional<Override> clear(const Scope& scope);
  // Removes those whose time is over.
  std::vector<Override> expire(Time now);
  // When the next one's time is over; kNever: none ends by itself.
  [[nodiscard]] Time next_end() const;

  [[nodiscard]] const std::vector<Override>& all() const noexcept { return words_; }  // oldest first

 private:
  std::vector<Override> words_;
};

// Whether the word is about this instance.
[[nodiscard]] bool covers(const Scope& scope, std::string_view region, std::string_view service,
                          std::string_view instance);

// The part of its clients that a drained instance has left: 1 to 0.
[[nodiscard]] double share_left(const Override& drain, Time now);

}  // namespace rhumb::health
