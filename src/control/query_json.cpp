#include "control/query_json.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/network.hpp"
#include "base/timestamp.hpp"
#include "dns/query.hpp"

namespace rhumb::control {
namespace {

using answer::QueryRecord;
using answer::RecordedStep;
using steering::Outcome;

// A text as JSON has it. What is no UTF-8, as where a long name was cut, is replaced.
void append_quoted(std::string_view value, std::string& text) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (std::ranges::all_of(value, is_plain)) {
    text.push_back('"');
    text.append(value);
    text.push_back('"');
  } else {
    text += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

// `name` must need no escaping. Each member but the first of an object has a comma before it.
void append_member(std::string_view name, std::string_view value, std::string& text) {
  fmt::format_to(std::back_inserter(text), ",\"{}\":", name);
  append_quoted(value, text);
}

std::string network_text(const IpAddress& address, std::uint8_t bits) {
  return Network{network_of(address, bits), bits}.to_string();
}

// All of the address, or the network that may be kept of it.
std::string client_text(const IpAddress& client, const dns::KeptBits& kept) {
  const std::uint8_t bits = kept.of(client.family);
  return bits >= bits_of(client.family) ? client.to_string() : network_text(client, bits);
}

std::string_view word_of(steering::Order order) {
  switch (order) {
    case steering::Order::nearest:
      return "nearest";
    case steering::Order::latency:
      return "latency";
    case steering::Order::listed:
      return "listed";
    case steering::Order::equal:
      break;
  }
  return "equal";
}

// Why this region and no other, or why none.
std::string_view reason_of(const RecordedStep& step) {
  switch (step.outcome) {
    case Outcome::healthy:
      return step.tier > 1 ? "failover" : word_of(step.order);
    case Outcome::all_down:
      return "all_down";
    case Outcome::fallback:
      return "fallback";
    case Outcome::last_resort:
      return "last_resort";
    case Outcome::nodata:
      return "nodata";
    case Outcome::no_instances:
      return "no_instances";
    case Outcome::kept_out:
      return "kept_out";
    case Outcome::refused:
      break;
  }
  return "refused";
}

void append_step(const RecordedStep& step, const dns::KeptBits& kept, std::string& text) {
  text += "{\"service\":";
  append_quoted(step.service, text);
  if (step.family) append_member("family", *step.family == Family::v4 ? "IPv4" : "IPv6", text);
  if (step.tier > 0) {
    append_member("region", step.region, text);
    fmt::format_to(std::back_inserter(text), ",\"tier\":{}", step.tier);
  }
  append_member("reason", reason_of(step), text);
  if (!step.instead_of.empty()) append_member("instead_of", step.instead_of, text);
  if (!step.rule.empty()) append_member("rule", step.rule, text);
  const std::uint8_t bits = std::min(step.scope_bits, kept.of(step.client.family));
  append_member("scope", network_text(step.client, bits), text);
  text.push_back('}');
}

// What both kinds of object end with.
void append_decision(const QueryRecord& record, const dns::KeptBits& kept, std::string& text) {
  fmt::format_to(std::back_inserter(text), "\"sample\":{}", record.sample());
  if (record.step_count() > 0) {
    text += ",\"steered\":[";
    for (std::size_t i = 0; i < record.step_count(); ++i) {
      if (i > 0) text.push_back(',');
      append_step(record.step(i), kept, text);
    }
    text.push_back(']');
  }
  text.push_back('}');
}

void append_question(const dns::Query& query, std::string& text) {
  if (query.verdict == dns::Verdict::drop || query.question_size == 0) return;
  const auto name = dns::Name::from_wire(query.name.suffix(0));
  append_member("name", name ? name->to_text() : std::string(), text);
  append_member("type", dns::type_to_text(query.type), text);
  if (query.query_class == dns::kClassIn) return;
  append_member("class", query.query_class == dns::kClassCh ? "CH" : fmt::format("CLASS{}", query.query_class), text);
}

void append_subnet(const dns::Query& query, const dns::KeptBits& kept, std::string& text) {
  if (query.verdict == dns::Verdict::drop || query.question_size == 0 || !query.edns) return;
  const auto& subnet = query.edns->client_subnet;
  if (!subnet || subnet->is_withheld()) return;
  append_member("ecs", network_text(subnet->address, std::min(subnet->source_bits, kept.of(subnet->address.family))),
                text);
}

void append_outcome(const QueryRecord& record, std::string& text) {
  const answer::Summary& summary = record.summary();
  switch (summary.marks.fate) {
    case answer::Fate::malformed:
      return append_member("dropped", "malformed", text);
    case answer::Fate::limited:
      return append_member("dropped", "rate_limit", text);
    case answer::Fate::slipped:
    case answer::Fate::answered:
      break;
  }
  append_member("rcode", dns::rcode_to_text(summary.rcode), text);
  fmt::format_to(std::back_inserter(text), ",\"size\":{}", record.response_size());
  if (summary.marks.is_truncated) text += ",\"truncated\":true";
  if (summary.marks.fate == answer::Fate::slipped) text += ",\"slipped\":true";
}

Timestamp to_timestamp(std::uint64_t unix_ns) {
  constexpr std::uint64_t kPerMs = 1'000'000;
  return Timestamp(std::chrono::milliseconds(unix_ns / kPerMs));
}

}  // namespace

void append_query_json(const QueryRecord& record, const dns::KeptBits& kept, std::string& text) {
  const dns::Query query = dns::parse_query(record.query(), dns::NameHashKey(0));
  fmt::format_to(std::back_inserter(text), "{{\"time\":\"{}\"", to_rfc3339(to_timestamp(record.asked_at_ns())));
  append_member("client", client_text(record.client(), kept), text);
  append_member("transport", record.transport() == answer::Transport::udp ? "udp" : "tcp", text);
  append_question(query, text);
  append_subnet(query, kept, text);
  append_outcome(record, text);
  text.push_back(',');
  append_decision(record, kept, text);
}

void append_decision_json(const QueryRecord& record, const dns::KeptBits& kept, std::string& text) {
  text.push_back('{');
  append_decision(record, kept, text);
}

}  // namespace rhumb::control
