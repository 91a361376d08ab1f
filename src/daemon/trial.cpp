#include "daemon/trial.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "answer/responder.hpp"
#include "base/network.hpp"
#include "base/random.hpp"
#include "base/suggestion.hpp"

namespace rhumb::daemon {
namespace {

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

ReadQuestion read_question(const QuestionText& text) {
  const auto name = dns::Name::from_text(text.name);
  if (!name) return {{}, fmt::format("name: \"{}\" is not a domain name", text.name)};
  const auto type = dns::type_from_text(text.type);
  if (!type) return {{}, fmt::format("type: \"{}\" is not a record type", text.type)};
  const auto client = parse_client(text.client, kWholeAddress);
  if (!client) return {{}, fmt::format("client: \"{}\" is not an IP address or network", text.client)};
  const auto resolver = IpAddress::parse(text.resolver);
  if (!text.resolver.empty() && !resolver) {
    return {{}, fmt::format("resolver: \"{}\" is not an IP address", text.resolver)};
  }
  return {Question{*name, *type, *client, resolver}};
}

std::optional<dns::ClientSubnet> parse_client(std::string_view text, AddressBits told) {
  const auto network = Network::parse(text);
  if (!network || network->prefix_bits == 0) return std::nullopt;
  const bool is_address = text.find('/') == std::string_view::npos;
  const int told_bits = network->address.family == Family::v4 ? told.v4 : told.v6;
  return to_client_subnet(network->address, is_address ? told_bits : network->prefix_bits);
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

std::shared_ptr<const health::Board> assume_down(const answer::Snapshot& snapshot, const health::Board& base,
                                                 std::span<const std::string> down) {
  auto board = std::make_shared<health::Board>(base.size());
  for (std::size_t i = 0; i < base.size(); ++i)
    board->write(i, base.read(i));
  if (down.empty()) return board;
  for (const steering::Service& service : snapshot.services) {
    for (const steering::Instance& instance : service.settings().instances) {
      const std::string& region = service.settings().regions[instance.region];
      if (std::ranges::find(down, region) != down.end()) board->write(instance.target, health::State::down);
    }
  }
  return board;
}

std::shared_ptr<const health::Board> assume_down(const Loaded& loaded, std::span<const std::string> down) {
  return assume_down(*loaded.snapshot, health::Board(loaded.plan.instances.size()), down);
}

Reply ask(const answer::Snapshot& snapshot, const Question& question, std::uint64_t seed) {
  const auto query = make_query(question);
  std::vector<std::uint8_t> buffer(dns::kMessageMax);
  Reply reply;
  Random random(seed);
  const answer::Client client{question.resolver.value_or(question.client.address), answer::Transport::tcp};
  const std::size_t size = answer::answer(snapshot, client, query, buffer, random, &reply.decision);
  reply.message.assign(buffer.data(), buffer.data() + size);  // in as much memory as it needs: replies are kept
  return reply;
}

}  // namespace rhumb::daemon
