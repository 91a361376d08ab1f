#include "cli/database_change_text.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/share_text.hpp"

namespace rhumb::cli {
namespace {

using Json = nlohmann::ordered_json;
using daemon::MovedService;

constexpr std::size_t kRowsShown = 10;  // of countries, and of a service's regions and countries

std::string known(const std::string& country) {
  return country.empty() ? "unknown" : country;
}

std::string left_out(std::size_t rows, const char* what) {
  return rows <= kRowsShown ? "" : fmt::format("and {} more {}\n", rows - kRowsShown, what);
}

std::string countries_text(const daemon::DatabaseChange& change) {
  if (change.countries.empty()) return "no network is in another country\n";
  std::string text = fmt::format("{} of the clients are in another country\n{:<20} {:>9} {:>9}\n",
                                 percent(change.changed_country()), "country", "clients", "networks");
  for (const daemon::CountryChange& of : first_of(change.countries, kRowsShown)) {
    text += fmt::format("{:<20} {:>9} {:>9}\n", known(of.from) + " → " + known(of.to), percent(of.share), of.networks);
  }
  return text + left_out(change.countries.size(), "changes");
}

std::string service_text(const MovedService& service) {
  std::string text = fmt::format("\n{}: {} of the clients are sent to another region\n", names_text(service.names),
                                 percent(service.moved));
  for (const daemon::Flow& flow : first_of(service.flows, kRowsShown))
    text += fmt::format("{:>9}   {} → {}\n", percent(flow.share), flow.from, flow.to);
  text += left_out(service.flows.size(), "ways");
  text += fmt::format("{:<7} {:>9}   from → to\n", "country", "moves");
  for (const daemon::CountryMove& country : first_of(service.countries, kRowsShown)) {
    std::vector<std::string> flows;
    for (const daemon::Flow& flow : first_of(country.flows, kFlowsShown))
      flows.push_back(fmt::format("{} → {} {}", flow.from, flow.to, percent(flow.share)));
    text += fmt::format("{:<7} {:>9}   {}{}\n", known(country.country), percent(country.share), fmt::join(flows, ", "),
                        country.flows.size() > kFlowsShown ? ", …" : "");
  }
  return text + left_out(service.countries.size(), "countries");
}

Json flows_json(const std::vector<daemon::Flow>& flows) {
  Json json = Json::array();
  for (const daemon::Flow& flow : flows)
    json.push_back({{"from", flow.from}, {"to", flow.to}, {"share", rounded(flow.share)}});
  return json;
}

Json service_json(const MovedService& service) {
  Json json{{"names", service.names}, {"moved", rounded(service.moved)}, {"flows", flows_json(service.flows)}};
  json["countries"] = Json::array();
  for (const daemon::CountryMove& country : service.countries) {
    json["countries"].push_back(
        {{"country", country.country}, {"share", rounded(country.share)}, {"flows", flows_json(country.flows)}});
  }
  return json;
}

}  // namespace

std::string to_text(const ChangeHeading& heading, const daemon::DatabaseChange& change) {
  std::string text =
      fmt::format("before   {}\nafter    {}\nclients  {}\n\n", heading.before, heading.after, heading.clients);
  text += countries_text(change);
  std::vector<std::string> unmoved;
  for (const MovedService& service : change.services) {
    if (service.moved > 0) {
      text += service_text(service);
    } else {
      unmoved.insert(unmoved.end(), service.names.begin(), service.names.end());
    }
  }
  if (!unmoved.empty()) text += fmt::format("\nnobody moves: {}\n", names_text(unmoved));
  return text + fmt::format("\nat most {} move, {} the {:.12g} % of \"geoip_guard\"\n", percent(change.moved()),
                            change.exceeds(heading.limit) ? "more than" : "within", 100 * heading.limit);
}

std::string to_json(const ChangeHeading& heading, const daemon::DatabaseChange& change) {
  Json json{{"before", heading.before}, {"after", heading.after},           {"clients", heading.clients},
            {"weight", change.weight},  {"moved", rounded(change.moved())}, {"limit", rounded(heading.limit)}};
  json["over_limit"] = change.exceeds(heading.limit);
  json["changed_country"] = rounded(change.changed_country());
  json["countries"] = Json::array();
  for (const daemon::CountryChange& of : change.countries) {
    json["countries"].push_back(
        {{"from", of.from}, {"to", of.to}, {"share", rounded(of.share)}, {"networks", of.networks}});
  }
  json["services"] = Json::array();
  for (const MovedService& service : change.services)
    json["services"].push_back(service_json(service));
  return json.dump(2) + "\n";
}

}  // namespace rhumb::cli
