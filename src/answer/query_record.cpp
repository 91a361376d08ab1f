#include "answer/query_record.hpp"

#include <algorithm>
#include <cstring>

namespace rhumb::answer {
namespace {

// What ordered the regions: the rule's own word, or the service's.
steering::Order order_of(const SteeredStep& steered) noexcept {
  const steering::Steering* const steering = steered.service->settings().steering.get();
  if (steering == nullptr) return steering::Order::listed;
  const steering::RuleIndex rule = steered.ranked.rule;
  return (rule == steering::kNoRule ? steering->preference : steering->rules[rule].preference).order;
}

std::string_view rule_of(const SteeredStep& steered) noexcept {
  const steering::Steering* const steering = steered.service->settings().steering.get();
  if (steering == nullptr || steered.ranked.rule == steering::kNoRule) return {};
  return steering->rules[steered.ranked.rule].name;
}

}  // namespace

void QueryRecord::begin(const Client& client, Bytes query, std::uint64_t asked_at_ns, double sample) noexcept {
  client_ = client.address;
  transport_ = client.transport;
  asked_at_ns_ = asked_at_ns;
  sample_ = sample;
  used_ = 0;
  query_size_ = static_cast<std::uint32_t>(query.size());
  query_ = add(query, kQueryKept);
}

void QueryRecord::end(const Summary& summary, const Decision& decision, Bytes response,
                      std::uint64_t answered_at_ns) noexcept {
  answered_at_ns_ = answered_at_ns;
  summary_ = summary;
  step_count_ = static_cast<std::uint8_t>(std::min(decision.steered.size(), kStepsMax));
  for (std::size_t i = 0; i < step_count_; ++i)
    steps_[i] = make_step(decision.steered[i]);
  response_size_ = static_cast<std::uint32_t>(response.size());
  const bool has_room = response.size() <= octets_.size() - used_;
  response_ = add(has_room ? response : Bytes{}, octets_.size());
}

RecordedStep QueryRecord::step(std::size_t number) const noexcept {
  const Step& step = steps_[number];
  RecordedStep result{step.client,     text(step.service), text(step.region), text(step.instead_of),
                      text(step.rule), step.outcome,       step.order,        std::nullopt,
                      step.tier,       step.scope_bits};
  if (!step.has_names) result.family = step.family;
  return result;
}

QueryRecord::Step QueryRecord::make_step(const SteeredStep& steered) noexcept {
  const auto& settings = steered.service->settings();
  Step step;
  step.client = steered.client;
  step.service = add(settings.name);
  step.rule = add(rule_of(steered));
  step.outcome = steered.pick.outcome;
  step.order = order_of(steered);
  step.has_names = steered.service->has_names();
  step.family = steered.family;
  step.scope_bits = steered.scope_bits;
  if (steered.pick.count == 0) return step;
  step.region = add(settings.regions[steered.pick.region]);
  const steering::Ranked& ranked = steered.ranked;
  const auto place = std::ranges::find(ranked.regions, steered.pick.region) - ranked.regions.begin();
  step.tier = static_cast<std::uint8_t>(ranked.tiers[static_cast<std::size_t>(place)] + 1);
  if (step.tier > 1) step.instead_of = add(settings.regions[ranked.regions.front()]);
  return step;
}

// As much of it as there is room for, and `most`.
QueryRecord::Part QueryRecord::add(Bytes more, std::size_t most) noexcept {
  const std::size_t size = std::min({more.size(), most, octets_.size() - used_});
  const Part part{used_, static_cast<std::uint16_t>(size)};
  if (size > 0) std::memcpy(octets_.data() + used_, more.data(), size);
  used_ = static_cast<std::uint16_t>(used_ + size);
  return part;
}

QueryRecord::Part QueryRecord::add(std::string_view text) noexcept {
  return add(Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), kTextMax);
}

}  // namespace rhumb::answer
