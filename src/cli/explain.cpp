#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "answer/responder.hpp"
#include "base/random.hpp"
#include "base/suggestion.hpp"
#include "cli/commands.hpp"
#include "cli/explanation.hpp"
#include "dns/edns.hpp"

namespace rhumb::cli {
namespace {

struct Question {
  dns::Name name;
  dns::Type type;
  dns::ClientSubnet client;
};

int fail(const std::string& message) {
  fmt::print(stderr, "rhumb explain: {}\n", message);
  return 1;
}

// "192.0.2.1" or "192.0.2.0/24" as EDNS Client Subnet says it.
std::optional<dns::ClientSubnet> parse_client(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  int bits = bits_of(address->family);
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const int width = bits;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits < 1 || bits > width) return std::nullopt;
  }
  const std::uint16_t family = address->family == Family::v4 ? 1 : 2;
  return dns::ClientSubnet{family, static_cast<std::uint8_t>(bits), network_of(*address, bits)};
}

// The query that a resolver would send for the client.
std::vector<std::uint8_t> make_query(const Question& question) {
  std::vector<std::uint8_t> query{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  const Bytes name = question.name.wire();
  query.insert(query.end(), name.begin(), name.end());
  const std::size_t at = query.size();
  dns::OptRecord opt{dns::kUdpPayloadDefault};
  opt.client_subnet = &question.client;
  query.resize(at + 4 + opt.wire_size());
  store_u16(query.data() + at, question.type);
  store_u16(query.data() + at + 2, dns::kClassIn);
  dns::write_opt(query.data() + at + 4, opt, dns::Rcode::no_error, 0, std::nullopt);
  return query;
}

// A board on which every instance of these regions is down and all else is unknown. Nothing when a name is no region.
std::shared_ptr<const health::Board> make_board(const daemon::Loaded& loaded, const std::vector<std::string>& down) {
  std::vector<std::string_view> names;
  for (const steering::Region& region : loaded.snapshot->regions)
    names.push_back(region.name);
  for (const std::string& region : down) {
    if (std::ranges::find(names, region) != names.end()) continue;
    fail(fmt::format("--down: \"{}\" is not a region{}", region, suggestion(region, names)));
    return nullptr;
  }
  auto board = std::make_shared<health::Board>(loaded.targets.size());
  for (const steering::Service& service : loaded.snapshot->services) {
    for (const steering::Instance& instance : service.settings().instances) {
      const std::string& region = service.settings().regions[instance.region];
      if (std::ranges::find(down, region) != down.end()) board->write(instance.target, health::State::down);
    }
  }
  return board;
}

}  // namespace

int explain(const ExplainOptions& options) {
  const auto name = dns::Name::from_text(options.name);
  if (!name) return fail(fmt::format("\"{}\" is not a domain name", options.name));
  const auto type = dns::type_from_text(options.type);
  if (!type) return fail(fmt::format("--type: \"{}\" is not a record type", options.type));
  const auto client = parse_client(options.client);
  if (!client) return fail(fmt::format("\"{}\" is not an IP address or network", options.client));

  Problems problems;
  auto loaded = daemon::load(options.config_file, daemon::Secrets{}, nullptr, problems);
  if (!loaded) {
    for (const Problem& problem : problems.all())
      fmt::print(stderr, "{}\n", problem.to_string());
    return 1;
  }
  const auto board = make_board(*loaded, options.down);
  if (board == nullptr) return 1;
  loaded->snapshot->board = board;

  const auto query = make_query({*name, *type, *client});
  std::vector<std::uint8_t> response(dns::kMessageMax);
  answer::Decision decision;
  Random random(0);
  const std::size_t size =
      answer::answer(*loaded->snapshot, {client->address, answer::Transport::tcp}, query, response, random, &decision);
  Explanation explanation = explain_decision(decision, *loaded, Bytes(response).first(size));
  explanation.name = name->to_text();
  explanation.type = dns::type_to_text(*type);
  fmt::print("{}", options.as_json ? to_json(explanation) + "\n" : to_text(explanation));
  if (!options.as_json && explanation.steering) {
    fmt::print("\nNo server was asked: every state that is not assumed with --down is unknown, which counts as up.\n");
  }
  return 0;
}

}  // namespace rhumb::cli
