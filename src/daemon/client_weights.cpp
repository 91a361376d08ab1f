#include "daemon/client_weights.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace rhumb::daemon {
namespace {

using WeightedNetwork = geo::NetworkValue<double>;

constexpr std::string_view kSpaces = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// An address alone is a network of its own. The value is left at 0.
std::optional<WeightedNetwork> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int width = bits_of(address->family);
  const auto bits = slash == std::string_view::npos ? width : parse_number<int>(text.substr(slash + 1));
  if (!bits || *bits < 0 || *bits > width) return std::nullopt;
  return WeightedNetwork{*address, *bits, 0};
}

class Reader {
 public:
  Reader(const std::filesystem::path& file, Problems& problems)
      : file_(file), problems_(problems), errors_before_(problems.error_count()) {}

  std::optional<ClientWeights> read() {
    std::ifstream in(file_);
    if (!in) {
      problems_.error(file_.string(), "cannot be read");
      return std::nullopt;
    }
    for (std::string line; networks_.size() <= kWeightedNetworksMax && std::getline(in, line);) {
      ++line_number_;
      take(trim(std::string_view(line).substr(0, line.find('#'))));
    }
    if (in.bad()) problems_.error(file_.string(), "cannot be read to its end");
    if (networks_.size() > kWeightedNetworksMax) {
      problems_.error(file_.string(), fmt::format("more than {} networks", kWeightedNetworksMax));
    } else if (!has_errors() && std::ranges::none_of(networks_, [](const auto& n) { return n.value > 0; })) {
      problems_.error(file_.string(), "no network has a weight above 0");
    }
    if (has_errors()) return std::nullopt;
    const auto add = [](double around, double own) { return around + own; };
    return geo::map_of_networks<double>(networks_, add);
  }

 private:
  void take(std::string_view line) {
    if (line.empty()) return;
    if (std::exchange(is_first_, false) && line == "network,weight") return;
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return error("needs a network and a weight, as in 192.0.2.0/24,1500");
    const std::string_view network_text = trim(line.substr(0, comma));
    const std::string_view weight_text = trim(line.substr(comma + 1));
    auto network = parse_network(network_text);
    if (!network) return error(fmt::format("\"{}\" is not a network such as 192.0.2.0/24", network_text));
    const IpAddress first = network_of(network->network, network->prefix_bits);
    if (first != network->network) {
      return error(fmt::format("{} has bits set after the prefix; meant {}/{}?", network_text, first.to_string(),
                               network->prefix_bits));
    }
    const auto weight = parse_number<double>(weight_text);
    if (!weight || !std::isfinite(*weight) || *weight < 0) {
      return error(fmt::format("\"{}\" is not a weight: a number, 0 or more", weight_text));
    }
    network->value = std::ldexp(*weight, network->prefix_bits - bits_of(first.family));
    networks_.push_back(*network);
  }
  void error(std::string message) {
    problems_.error(fmt::format("{}:{}", file_.string(), line_number_), std::move(message));
  }

  [[nodiscard]] bool has_errors() const noexcept { return problems_.error_count() > errors_before_; }

  const std::filesystem::path& file_;
  Problems& problems_;
  std::size_t errors_before_;
  std::size_t line_number_ = 0;
  bool is_first_ = true;
  std::vector<WeightedNetwork> networks_;
};

}  // namespace

ClientWeights weigh_by_address_space() {
  ClientWeights weights;
  weights.v4().append(0, 1.0);
  return weights;
}

std::optional<ClientWeights> read_client_weights(const std::filesystem::path& file, Problems& problems) {
  return Reader(file, problems).read();
}

}  // namespace rhumb::daemon
