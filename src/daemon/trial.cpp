#include "daemon/trial.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "answer/responder.hpp"
#include "base/random.hpp"
#include "base/suggestion.hpp"

namespace rhumb::daemon {
namespace {

// "24" of "192.0.2.0/24": 1 to `width`.
std::optional<int> parse_bits(std::string_view digits, int width) {
  int bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits < 1 || bits > width) return std::nullopt;
  return bits;
}

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

}  // namespace

std::optional<dns::ClientSubnet> parse_client(std::string_view text, AddressBits told) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) {
    return to_client_subnet(*address, address->family == Family::v4 ? told.v4 : told.v6);
  }
  const auto bits = parse_bits(text.substr(slash + 1), bits_of(address->family));
  return bits ? std::optional(to_client_subnet(*address, *bits)) : std::nullopt;
}

dns::ClientSubnet to_client_subnet(IpAddress network, int bits) {
  const std::uint16_t family = network.family == Family::v4 ? 1 : 2;
  return {family, static_cast<std::uint8_t>(bits), network_of(network, bits)};
}

std::optional<std::string> refuse_region(const answer::Snapshot& snapshot, std::string_view name) {
  std::vector<std::string_view> names;
  for (const steering::Region& region : snapshot.regions)
    names.push_back(region.name);
  if (std::ranges::find(names, name) != names.end()) return std::nullopt;
  return fmt::format("\"{}\" is not a region{}", name, suggestion(name, names));
}

std::shared_ptr<const health::Board> assume_down(const Loaded& loaded, std::span<const std::string> down) {
  auto board = std::make_shared<health::Board>(loaded.targets.size());
  for (const steering::Service& service : loaded.snapshot->services) {
    for (const steering::Instance& instance : service.settings().instances) {
      const std::string& region = service.settings().regions[instance.region];
      if (std::ranges::find(down, region) != down.end()) board->write(instance.target, health::State::down);
    }
  }
  return board;
}

Reply ask(const answer::Snapshot& snapshot, const Question& question, std::uint64_t seed) {
  const auto query = make_query(question);
  std::vector<std::uint8_t> buffer(dns::kMessageMax);
  Reply reply;
  Random random(seed);
  const answer::Client client{question.client.address, answer::Transport::tcp};
  const std::size_t size = answer::answer(snapshot, client, query, buffer, random, &reply.decision);
  reply.message.assign(buffer.data(), buffer.data() + size);  // in as much memory as it needs: replies are kept
  return reply;
}

}  // namespace rhumb::daemon
