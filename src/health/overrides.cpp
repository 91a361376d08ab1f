#include "health/overrides.hpp"

#include <algorithm>

namespace rhumb::health {
namespace {

// The narrower, the more.
int narrowness(const Scope& scope) {
  return (scope.service.empty() ? 0 : 1) + (scope.instance.empty() ? 0 : 1);
}

}  // namespace

Overrides::Overrides(std::vector<Override> words, Time now) : words_(std::move(words)) {
  for (Override& word : words_)
    word.since = std::min(word.since, now);
}

const Override* Overrides::find(std::string_view region, std::string_view service, std::string_view instance) const {
  const Override* found = nullptr;
  for (const Override& word : words_) {
    if (!covers(word.scope, region, service, instance)) continue;
    if (found == nullptr || narrowness(word.scope) > narrowness(found->scope)) found = &word;
  }
  return found;
}

const Override* Overrides::find(const Scope& scope) const {
  const auto word = std::ranges::find(words_, scope, &Override::scope);
  return word == words_.end() ? nullptr : &*word;
}

bool Overrides::set(const Override& word) {
  clear(word.scope);
  if (words_.size() >= kOverridesMax) return false;
  words_.push_back(word);
  return true;
}

std::optional<Override> Overrides::clear(const Scope& scope) {
  const auto word = std::ranges::find(words_, scope, &Override::scope);
  if (word == words_.end()) return std::nullopt;
  Override cleared = std::move(*word);
  words_.erase(word);
  return cleared;
}

std::vector<Override> Overrides::expire(Time now) {
  std::vector<Override> ended;
  const auto is_over = [&](const Override& word) { return word.until && *word.until <= now; };
  std::ranges::copy_if(words_, std::back_inserter(ended), is_over);
  if (!ended.empty()) std::erase_if(words_, is_over);
  return ended;
}

Time Overrides::next_end() const {
  Time next = kNever;
  for (const Override& word : words_)
    next = std::min(next, word.until.value_or(kNever));
  return next;
}

bool covers(const Scope& scope, std::string_view region, std::string_view service, std::string_view instance) {
  return scope.region == region && (scope.service.empty() || scope.service == service) &&
         (scope.instance.empty() || scope.instance == instance);
}

double share_left(const Override& drain, Time now) {
  if (now - drain.since >= drain.over) return 0;
  const Duration left = drain.over - std::max(now - drain.since, Duration(0));
  return static_cast<double>(left.count()) / static_cast<double>(drain.over.count());
}

}  // namespace rhumb::health
