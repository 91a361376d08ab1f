#include "geo/client_weights.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/csv_file.hpp"
#include "base/network.hpp"

namespace rhumb::geo {
namespace {

using WeightedNetwork = NetworkValue<double>;

constexpr std::size_t kFields = 2;

std::optional<double> parse_weight(std::string_view text) {
  double weight{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(weight) && weight >= 0 ? std::optional(weight) : std::nullopt;
}

// What the line says; nothing, and an error, when it is bad.
std::optional<WeightedNetwork> read_line(CsvFile& file) {
  const auto fields = file.fields();
  if (fields.size() != kFields) {
    file.error("needs a network and a weight, as in 192.0.2.0/24,1500");
    return std::nullopt;
  }
  const auto network = Network::parse(fields[0]);
  if (const auto wrong = refuse_network(fields[0], network)) {
    file.error(*wrong);
    return std::nullopt;
  }
  const auto weight = parse_weight(fields[1]);
  if (!weight) {
    file.error(fmt::format("\"{}\" is not a weight: a number, 0 or more", fields[1]));
    return std::nullopt;
  }
  const int host_bits = bits_of(network->address.family) - network->prefix_bits;
  return WeightedNetwork{network->address, network->prefix_bits, std::ldexp(*weight, -host_bits)};
}

}  // namespace

ClientWeights weigh_by_address_space() {
  ClientWeights weights;
  weights.v4().append(0, 1.0);
  return weights;
}

std::optional<ClientWeights> read_client_weights(const std::filesystem::path& file, Problems& problems) {
  CsvFile lines(file, "network", kWeightedNetworksMax, problems);
  std::vector<WeightedNetwork> networks;
  while (lines.next()) {
    if (const auto network = read_line(lines)) networks.push_back(*network);
  }
  if (!lines.has_errors() && std::ranges::none_of(networks, [](const auto& n) { return n.value > 0; })) {
    lines.error_of_whole("no network has a weight above 0");
  }
  if (lines.has_errors()) return std::nullopt;
  const auto add = [](double around, double own) { return around + own; };
  return map_of_networks<double>(networks, add);
}

}  // namespace rhumb::geo
