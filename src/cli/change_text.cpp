#include "cli/change_text.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/table.hpp"
#include "cli/time_text.hpp"

namespace rhumb::cli {
namespace {

using health::InstanceStatus;
using health::Override;
using health::Scope;
using health::Standing;
using health::Status;

// Of the overrides that are named instead of one that is not there.
constexpr std::size_t kNamedMax = 5;

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// What an override is about.
struct Extent {
  std::size_t instances = 0;
  std::string text;  // "4 instances of 2 services"
};

Extent extent(const Scope& scope, const Status& status) {
  std::size_t instances = 0;
  std::set<std::string_view> services;
  for (const InstanceStatus& instance : status.instances) {
    if (!covers(scope, instance)) continue;
    ++instances;
    services.insert(instance.service);
  }
  return {instances, counted(instances, "instance") + " of " + counted(services.size(), "service")};
}

// As the command line has it.
std::string arguments(const Scope& scope) {
  std::string text = scope.region;
  if (!scope.service.empty()) text += " --service " + scope.service;
  if (!scope.instance.empty()) text += " --instance " + scope.instance;
  return text;
}

std::string_view participle(const Override& word) {
  switch (word.action) {
    case Override::Action::force_up:
      return "forced up";
    case Override::Action::force_down:
      return "forced down";
    case Override::Action::drain:
      break;
  }
  return word.over.count() > 0 ? "draining" : "drained";
}

bool is_within(const Scope& part, const Scope& whole) {
  return part.region == whole.region && (whole.service.empty() || whole.service == part.service) &&
         (whole.instance.empty() || whole.instance == part.instance);
}

}  // namespace

std::string describe_given(const Override& word, const Status& status) {
  std::string text =
      fmt::format("{} is {}: {}", to_text(word.scope), participle(word), extent(word.scope, status).text);
  if (word.over.count() > 0) text += ", gone in " + roughly(word.over);
  if (word.until) text += fmt::format("; ends by itself in {}", roughly(*word.until - status.now));
  return text + fmt::format("; `rhumb undrain {}` takes it back", arguments(word.scope));
}

std::string describe_taken_back(const Override& word, const Status& status) {
  std::string story = word.owner.empty() ? "" : "by " + word.owner + ", ";
  story += roughly(status.now - word.since) + " ago";
  if (!word.reason.empty()) story += ": " + word.reason;
  const Extent about = extent(word.scope, status);
  return fmt::format("{} is no longer {} ({}): {} {} checks and other overrides say", to_text(word.scope),
                     participle(word), printable(story), about.text,
                     about.instances == 1 ? "is again as its" : "are again as their");
}

std::string describe_missing(const Scope& scope, const Status& status) {
  std::string others;
  std::size_t count = 0;
  for (const Override& word : status.overrides) {
    if (!is_within(word.scope, scope) && !is_within(scope, word.scope)) continue;
    if (++count > kNamedMax) continue;
    others += fmt::format("{}`rhumb undrain {}`", others.empty() ? "" : ", ", arguments(word.scope));
  }
  std::string text = fmt::format("there is no override on {}", to_text(scope));
  if (count > 0) text += fmt::format("; but there is {}{}", others, count > kNamedMax ? ", …" : "");
  return text;
}

std::string describe_resumed(const Scope& scope, const Status& before) {
  const auto waits = [&](const InstanceStatus& instance) {
    const bool is_held = instance.standing == Standing::held_down || instance.standing == Standing::damped ||
                         instance.standing == Standing::awaits_word;
    return is_held && covers(scope, instance);
  };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(before.instances, waits));
  if (count == 0) return fmt::format("{}: no instance was held back", to_text(scope));
  return fmt::format("{}: {} no longer held back", to_text(scope), counted(count, "instance"));
}

}  // namespace rhumb::cli
