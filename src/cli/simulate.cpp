#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/suggestion.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/share_text.hpp"
#include "daemon/simulation.hpp"
#include "daemon/trial.hpp"

namespace rhumb::cli {
namespace {

using Json = nlohmann::ordered_json;
using daemon::SimulatedRegion;
using daemon::SimulatedService;

constexpr std::size_t kCountriesShown = 10;
constexpr int kNameWidthMin = 16;

// What is said of a simulation besides its results.
struct Heading {
  std::string before;
  std::string after;
  std::string clients;
  double weight;
};

bool is_over_capacity(const SimulatedRegion& region) {
  constexpr double kRoundingError = 1e-9;
  return region.capacity && region.share.after > *region.capacity + kRoundingError;
}

std::string_view text_of(std::optional<Family> family) {
  if (!family) return "names";
  return *family == Family::v4 ? "IPv4" : "IPv6";
}

// ------------------------------------------------------------------------------------------------------------- text

int name_width(const SimulatedService& service) {
  std::size_t width = kNameWidthMin;
  for (const auto& region : service.regions)
    width = std::max(width, region.name.size());
  for (const auto& outcome : service.outcomes)
    width = std::max(width, outcome.name.size());
  return static_cast<int>(width);
}

std::string share_columns(std::string_view name, int width, daemon::ShareChange share) {
  return fmt::format("{:<{}} {:>9} {:>9} {:>+9.2f}", name, width, percent(share.before), percent(share.after),
                     100 * (share.after - share.before));
}

std::string region_line(const SimulatedRegion& region, int width) {
  std::string line = share_columns(region.name, width, region.share);
  const auto& distances = region.distances_after;
  line += distances ? fmt::format(" {:>10} {:>8}", distances->median_km, distances->p95_km)
                    : fmt::format(" {:>10} {:>8}", "-", "-");
  if (region.capacity) line += fmt::format(" {:>9}", percent(*region.capacity));
  if (is_over_capacity(region)) line += " over";
  return line + "\n";
}

std::string country_line(const daemon::CountryMove& country) {
  std::vector<std::string> flows;
  for (const auto& flow : first_of(country.flows, kFlowsShown))
    flows.push_back(fmt::format("{} → {} {}", flow.from, flow.to, percent(flow.share)));
  if (country.flows.size() > kFlowsShown) flows.emplace_back("…");
  return fmt::format("{:<7} {:>9}   {}\n", country.country.empty() ? "unknown" : country.country,
                     percent(country.share), fmt::join(flows, ", "));
}

std::string moves_text(const SimulatedService& service) {
  if (service.countries.empty()) return "nobody moves\n";
  std::string text =
      fmt::format("{} of the clients move\n{:<7} {:>9}   from → to\n", percent(service.moved), "country", "moves");
  for (const auto& country : first_of(service.countries, kCountriesShown))
    text += country_line(country);
  if (service.countries.size() > kCountriesShown) {
    text += fmt::format("and {} more countries\n", service.countries.size() - kCountriesShown);
  }
  return text;
}

std::string service_text(const SimulatedService& service) {
  const int width = name_width(service);
  const bool has_capacity = std::ranges::any_of(service.regions, [](const auto& r) { return r.capacity.has_value(); });
  std::string text = fmt::format("\n{} ({})\n", names_text(service.names), text_of(service.family));
  text += fmt::format("{:<{}} {:>9} {:>9} {:>9} {:>10} {:>8}{}\n", "region", width, "before", "after", "change",
                      "median km", "95 % km", has_capacity ? "  capacity" : "");
  for (const SimulatedRegion& region : service.regions)
    text += region_line(region, width);
  for (const auto& outcome : service.outcomes)
    text += share_columns(outcome.name, width, outcome.share) + "\n";
  if (service.all_down.before > 0 || service.all_down.after > 0) {
    text += fmt::format("answered though no instance is healthy (when_all_down: nearest): {} before, {} after\n",
                        percent(service.all_down.before), percent(service.all_down.after));
  }
  return text + "\n" + moves_text(service);
}

std::string to_text(const Heading& heading, const daemon::Simulation& simulation) {
  std::string text =
      fmt::format("before   {}\nafter    {}\nclients  {}\n", heading.before, heading.after, heading.clients);
  for (const SimulatedService& service : simulation.services)
    text += service_text(service);
  if (!simulation.only_before.empty()) text += fmt::format("\nonly before: {}\n", names_text(simulation.only_before));
  if (!simulation.only_after.empty()) text += fmt::format("\nonly after: {}\n", names_text(simulation.only_after));
  return text;
}

// ------------------------------------------------------------------------------------------------------------- JSON

Json share_json(std::string_view name, daemon::ShareChange share) {
  return {{"name", name}, {"before", rounded(share.before)}, {"after", rounded(share.after)}};
}

Json distances_json(const std::optional<daemon::Distances>& distances) {
  if (!distances) return nullptr;
  return {{"median", distances->median_km}, {"p95", distances->p95_km}};
}

Json region_json(const SimulatedRegion& region) {
  Json json = share_json(region.name, region.share);
  json["distance_km"] = {{"before", distances_json(region.distances_before)},
                         {"after", distances_json(region.distances_after)}};
  json["capacity"] = region.capacity ? Json(rounded(*region.capacity)) : Json();
  json["over_capacity"] = region.capacity ? Json(is_over_capacity(region)) : Json();
  return json;
}

Json country_json(const daemon::CountryMove& country) {
  Json flows = Json::array();
  for (const auto& flow : country.flows)
    flows.push_back({{"from", flow.from}, {"to", flow.to}, {"share", rounded(flow.share)}});
  return {{"country", country.country}, {"share", rounded(country.share)}, {"flows", std::move(flows)}};
}

Json service_json(const SimulatedService& service) {
  Json json{{"names", service.names}, {"family", text_of(service.family)}};
  json["regions"] = Json::array();
  for (const SimulatedRegion& region : service.regions)
    json["regions"].push_back(region_json(region));
  json["outcomes"] = Json::array();
  for (const auto& outcome : service.outcomes)
    json["outcomes"].push_back(share_json(outcome.name, outcome.share));
  json["all_down"] = {{"before", rounded(service.all_down.before)}, {"after", rounded(service.all_down.after)}};
  json["moved"] = rounded(service.moved);
  json["countries"] = Json::array();
  for (const auto& country : first_of(service.countries, kCountriesShown))
    json["countries"].push_back(country_json(country));
  return json;
}

std::string to_json(const Heading& heading, const daemon::Simulation& simulation) {
  Json json{{"before", heading.before}, {"after", heading.after}, {"clients", heading.clients}};
  json["weight"] = heading.weight;
  json["services"] = Json::array();
  for (const SimulatedService& service : simulation.services)
    json["services"].push_back(service_json(service));
  json["only_before"] = simulation.only_before;
  json["only_after"] = simulation.only_after;
  return json.dump(2) + "\n";
}

// ---------------------------------------------------------------------------------------------------------- command

// What is wrong with the name of --service, if it is not one of `loaded`.
std::optional<std::string> mistake_in_service(const daemon::Loaded& loaded, const dns::Name& name) {
  std::vector<std::string> names;
  for (const auto& service : loaded.config.services) {
    if (service.name == name) return std::nullopt;
    names.push_back(service.name.to_text());
  }
  const std::string text = name.to_text();
  return fmt::format("--service: \"{}\" is not a service of {}{}", text, loaded.config.file.string(),
                     suggestion(text, {names.begin(), names.end()}));
}

Heading make_heading(const SimulateOptions& options, const daemon::CountedClients& counted, double weight) {
  const bool has_other = !options.config_after.empty();
  Heading heading;
  heading.before = options.config_file.string();
  heading.after = (has_other ? options.config_after : options.config_file).string();
  if (!options.down.empty()) heading.after += fmt::format(", down: {}", fmt::join(options.down, ", "));
  heading.clients = clients_text(counted, weight);
  heading.weight = weight;
  return heading;
}

}  // namespace

int simulate(const SimulateOptions& options) {
  std::optional<dns::Name> only;
  if (!options.service.empty()) {
    only = dns::Name::from_text(options.service);
    if (!only) return fail("simulate", fmt::format("--service: \"{}\" is not a domain name", options.service));
  }
  Problems problems;
  const auto counted = daemon::count_clients(options.clients, problems);
  const auto before = daemon::load_unasserted(options.config_file, daemon::Secrets{}, nullptr, problems);
  std::optional<daemon::Loaded> other;
  if (!options.config_after.empty())
    other = daemon::load_unasserted(options.config_after, daemon::Secrets{}, nullptr, problems);
  if (!counted || !before || (!other && !options.config_after.empty())) return fail(problems);

  const daemon::Loaded& after = other ? *other : *before;
  for (const std::string& region : options.down) {
    if (const auto wrong = daemon::refuse_region(*after.snapshot, region)) return fail("simulate", "--down: " + *wrong);
  }
  for (const daemon::Loaded* loaded : {&*before, &after}) {
    if (!only) break;
    if (const auto mistake = mistake_in_service(*loaded, *only)) return fail("simulate", *mistake);
  }
  const auto clients = daemon::locate_clients(before->databases.get(), *counted);
  const double weight = daemon::weight_of(clients);
  if (weight <= 0)
    return fail("simulate", "the databases know no IPv4 network; tell what networks count with --weights");

  const auto all_up = daemon::assume_down(*before, {});
  const auto some_down = daemon::assume_down(after, options.down);
  const auto simulation = daemon::simulate({*before, *all_up}, {after, *some_down}, clients, only);
  const Heading heading = make_heading(options, *counted, weight);
  fmt::print("{}", options.as_json ? to_json(heading, simulation) : to_text(heading, simulation));
  return 0;
}

}  // namespace rhumb::cli
