#include "control/query_weights.hpp"

#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/network.hpp"

namespace rhumb::control {
namespace {

struct HashNetwork {
  std::size_t operator()(const Network& network) const noexcept {
    constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
    const auto& bits = network.address.bits;
    const auto folded = static_cast<std::uint64_t>(bits) ^ static_cast<std::uint64_t>(bits >> 64) * kOdd;
    return static_cast<std::size_t>((folded + network.prefix_bits) * kOdd >> 7);
  }
};

using Queries = std::unordered_map<Network, double, HashNetwork>;

class Reader {
 public:
  Reader(const std::filesystem::path& file, Problems& problems) : file_(file), problems_(problems) {}

  std::optional<geo::ClientWeights> read() {
    std::ifstream in(file_, std::ios::binary);
    if (!in) error_of_whole("cannot be read");
    while (!is_over_ && errors_ < Problems::kKeptMax && next_line(in)) {
      if (!line_.empty()) count();
    }
    if (in.bad()) error_of_whole("cannot be read to its end");
    if (errors_ == 0 && queries_.empty()) error_of_whole("has no query in it");
    if (errors_ > 0) return std::nullopt;
    return weights();
  }

 private:
  // False at the end, or when the rest cannot be read.
  bool next_line(std::ifstream& in) {
    in.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    const auto size = static_cast<std::size_t>(in.gcount());
    if (in.fail() && size == 0) return false;
    ++number_;
    if (in.fail()) {
      stop(fmt::format("longer than {} octets", kQueryLineMax - 1));
      return false;
    }
    line_ = {buffer_.data(), in.eof() ? size : size - 1};  // without its end
    return true;
  }

  void count() {
    const nlohmann::json json = nlohmann::json::parse(line_, nullptr, false);
    if (!json.is_object()) return error("is no JSON object; a query log has one in each line");
    const auto sample = json.find("sample");
    if (sample == json.end() || !sample->is_number()) return error("has no \"sample\"; it is no query log");
    const auto share = sample->get<double>();
    if (!(share > 0 && share <= 1)) return error("\"sample\" must be more than 0 and at most 1");
    const auto network = client_network(json);
    if (!network) return;
    queries_[*network] += 1 / share;
    if (queries_.size() > kQueryNetworksMax) {
      stop(
          fmt::format("more than {} networks: a shorter log, or one whose addresses are cut (\"anonymize\"), has fewer",
                      kQueryNetworksMax));
    }
  }

  std::optional<Network> client_network(const nlohmann::json& json) {
    const bool has_subnet = json.contains("ecs");
    const char* const key = has_subnet ? "ecs" : "client";
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
      error(has_subnet ? "\"ecs\" must be a network" : "has neither \"ecs\" nor \"client\"; it is no query log");
      return std::nullopt;
    }
    const auto& text = found->get_ref<const std::string&>();
    const auto network = Network::parse(text);
    if (!network) error(fmt::format("\"{}\": \"{}\" is no network", key, text));
    return network ? std::optional(network->masked()) : std::nullopt;
  }

  [[nodiscard]] geo::ClientWeights weights() const {
    std::vector<geo::NetworkValue<double>> networks;
    networks.reserve(queries_.size());
    for (const auto& [network, queries] : queries_) {
      const int host_bits = bits_of(network.address.family) - network.prefix_bits;
      networks.push_back({network.address, network.prefix_bits, std::ldexp(queries, -host_bits)});
    }
    return geo::map_of_networks<double>(networks, [](double around, double own) { return around + own; });
  }

  void error(std::string message) {
    ++errors_;
    problems_.error(fmt::format("{}:{}", file_.string(), number_), std::move(message));
  }
  void error_of_whole(std::string message) {
    ++errors_;
    problems_.error(file_.string(), std::move(message));
  }
  // After an error that leaves nothing to be read.
  void stop(std::string message) {
    error(std::move(message));
    is_over_ = true;
  }

  std::filesystem::path file_;
  Problems& problems_;
  Queries queries_;
  std::vector<char> buffer_ = std::vector<char>(kQueryLineMax);
  std::string_view line_;  // of buffer_
  std::size_t number_ = 0;
  std::size_t errors_ = 0;
  bool is_over_ = false;
};

}  // namespace

std::optional<geo::ClientWeights> read_query_weights(const std::filesystem::path& file, Problems& problems) {
  return Reader(file, problems).read();
}

}  // namespace rhumb::control
