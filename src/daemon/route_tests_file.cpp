#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/suggestion.hpp"
#include "config/json_file.hpp"
#include "config/json_place.hpp"
#include "daemon/route_tests.hpp"

namespace rhumb::daemon {
namespace {

using config::JsonPlace;

constexpr std::int64_t kAsnMax = 0xFFFF'FFFF;

// The widest network that begins with `first` and ends at `last` or before.
dns::ClientSubnet first_network(IpAddress first, IpAddress last) {
  const int width = bits_of(first.family);
  int bits = width;
  while (bits > 1) {
    const U128 host_mask = (U128{1} << (width - bits + 1)) - 1;  // of the network that is twice as wide
    if ((first.bits & host_mask) != 0 || (first.bits | host_mask) > last.bits) break;
    --bits;
  }
  return to_client_subnet(first, bits);
}

// The first network of each country and AS that the databases know, IPv4 before IPv6. Made by one pass over all their
// ranges, millions in a city database, however many clients ask.
class FirstNetworks {
 public:
  explicit FirstNetworks(const geo::Database& database)
      : locations_(database.locations), is_seen_(database.locations.size()) {
    take(database.map.v4(), Family::v4);
    take(database.map.v6(), Family::v6);
  }

  [[nodiscard]] std::optional<dns::ClientSubnet> of_country(const std::string& country) const {
    const auto found = countries_.find(country);
    return found == countries_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::optional<dns::ClientSubnet> of_asn(std::int64_t asn) const {
    const auto found = asns_.find(asn);
    return found == asns_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  void take(const auto& ranges, Family family) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const geo::LocationId id = ranges.value(i);
      if (is_seen_[id]) continue;
      is_seen_[id] = true;
      const geo::Location location = locations_.get(id);
      const auto network = first_network({ranges.first(i), family}, {ranges.last(i), family});
      if (!location.country.empty()) countries_.try_emplace(std::string(location.country), network);
      if (location.asn != 0) asns_.try_emplace(location.asn, network);
    }
  }

  const geo::Locations& locations_;
  std::vector<bool> is_seen_;  // by LocationId
  std::map<std::string, dns::ClientSubnet> countries_;
  std::map<std::int64_t, dns::ClientSubnet> asns_;
};

// Whom a test is about, and what it is called there.
struct TestClient {
  std::string label;
  dns::ClientSubnet subnet;
};

// Reads one document; what it collects is complete when no error was reported.
class Reader {
 public:
  Reader(JsonPlace top, const answer::Snapshot& snapshot, GeoDatabases& databases, Problems& problems)
      : top_(std::move(top)), snapshot_(snapshot), databases_(databases), problems_(problems) {}

  std::vector<RouteTest> read() {
    top_.has_only({"clients", "tests"});
    read_samples();
    const auto place = top_.required("tests");
    if (!place) return {};
    const auto elements = place->elements();
    if (elements.empty()) place->error("must hold at least one test");
    if (elements.size() > kRouteTestsMax) {
      place->error(fmt::format("more than {} tests", kRouteTestsMax));
      return {};
    }
    std::vector<RouteTest> tests;
    tests.reserve(elements.size());
    for (const JsonPlace& element : elements)
      tests.push_back(read_test(element));
    return tests;
  }

 private:
  void read_samples() {
    const auto clients = top_.member("clients");
    if (!clients) return;
    for (const auto& [name, place] : clients->members())
      samples_[name] = read_client(place).subnet;
  }

  RouteTest read_test(const JsonPlace& place) {
    place.has_only({"name", "client", "resolver", "query", "type", "down", "expect"});
    RouteTest test{};
    test.place = place.place();
    if (const auto query = place.required("query")) test.question.name = read_name(*query);
    if (const auto type = place.member("type")) test.question.type = read_type(*type);
    const auto client_place = place.required("client");
    const TestClient client = client_place ? read_client(*client_place) : TestClient{};
    test.question.client = client.subnet;
    if (const auto resolver = place.member("resolver")) test.question.resolver = resolver->address();
    if (const auto down = place.member("down")) test.down = read_regions(*down);
    if (const auto expect = place.required("expect")) test.expect = read_expectations(*expect);
    test.name =
        fmt::format("{} {} for {}", test.question.name.to_text(), dns::type_to_text(test.question.type), client.label);
    if (test.question.resolver) test.name += " through " + test.question.resolver->to_string();
    if (const auto name = place.member("name")) test.name = name->text().value_or("");
    return test;
  }

  static dns::Name read_name(const JsonPlace& place) {
    const auto text = place.text();
    const auto name = text ? dns::Name::from_text(*text) : std::nullopt;
    if (text && !name) place.error(fmt::format("\"{}\" is not a domain name", *text));
    return name.value_or(dns::Name());
  }

  static dns::Type read_type(const JsonPlace& place) {
    return place
        .choice<dns::Type>({{"A", dns::type::kA},
                            {"AAAA", dns::type::kAaaa},
                            {"HTTPS", dns::type::kHttps},
                            {"SVCB", dns::type::kSvcb}})
        .value_or(dns::type::kA);
  }

  TestClient read_client(const JsonPlace& place) {
    if (place.is_object()) return read_whereabouts(place);
    const auto text = place.text();
    if (!text) return {};
    if (const auto sample = samples_.find(*text); sample != samples_.end()) return {*text, sample->second};
    if (const auto subnet = parse_client(*text, kToldByResolvers)) return {*text, *subnet};
    std::vector<std::string_view> names;
    for (const auto& [name, subnet] : samples_)
      names.push_back(name);
    place.error(fmt::format("\"{}\" is not an IP address or network, nor one of \"clients\"{}", *text,
                            suggestion(*text, names)));
    return {};
  }

  // {"country": "FR"} or {"asn": 3215}
  TestClient read_whereabouts(const JsonPlace& place) {
    const bool is_known = place.has_only({"country", "asn"});
    const auto country = place.member("country");
    const auto asn = place.member("asn");
    if (country.has_value() == asn.has_value()) {
      if (is_known) place.error("must have either \"country\" or \"asn\"");
      return {};
    }
    return country ? read_country(*country) : read_asn(*asn);
  }

  TestClient read_country(const JsonPlace& place) {
    const auto country = place.text();
    if (!country) return {};
    const auto network = first_networks().of_country(*country);
    if (!network) place.error(fmt::format("no database has a network in the country \"{}\"", *country));
    return {*country, network.value_or(dns::ClientSubnet{})};
  }

  TestClient read_asn(const JsonPlace& place) {
    const auto asn = place.integer(1, kAsnMax);
    if (!asn) return {};
    const auto network = first_networks().of_asn(*asn);
    if (!network) place.error(fmt::format("no database has a network in AS{}", *asn));
    return {fmt::format("AS{}", *asn), network.value_or(dns::ClientSubnet{})};
  }

  const FirstNetworks& first_networks() {
    if (!first_networks_) first_networks_.emplace(databases_.read_or_know_nothing(problems_));
    return *first_networks_;
  }

  [[nodiscard]] std::vector<std::string> read_regions(const JsonPlace& place) const {
    std::vector<std::string> regions;
    for (const JsonPlace& element : place.elements()) {
      const auto name = element.text();
      if (!name) continue;
      if (const auto wrong = refuse_region(snapshot_, *name)) element.error(*wrong);
      regions.push_back(*name);
    }
    return regions;
  }

  [[nodiscard]] std::vector<std::string> read_expected_regions(const JsonPlace& place) const {
    auto regions = read_regions(place);
    if (regions.empty()) place.error("must name at least one region");
    return regions;
  }

  [[nodiscard]] Expectations read_expectations(const JsonPlace& place) const {
    Expectations expect{};
    if (!place.has_only({"regions", "not_regions", "addresses", "targets", "scope", "rcode"})) return expect;
    const auto regions = place.member("regions");
    const auto not_regions = place.member("not_regions");
    const auto addresses = place.member("addresses");
    const auto targets = place.member("targets");
    const auto scope = place.member("scope");
    const auto rcode = place.member("rcode");
    if (regions) expect.regions = read_expected_regions(*regions);
    if (not_regions) expect.not_regions = read_expected_regions(*not_regions);
    if (addresses) expect.addresses = read_addresses(*addresses);
    if (targets) expect.targets = read_targets(*targets);
    if (scope) expect.scope = read_scope(*scope);
    if (rcode) expect.rcode = read_rcode(*rcode);
    if (!regions && !not_regions && !addresses && !targets && !scope && !rcode) place.error("must expect something");
    return expect;
  }

  static std::vector<IpAddress> read_addresses(const JsonPlace& place) {
    std::vector<IpAddress> addresses;
    for (const JsonPlace& element : place.elements()) {
      if (const auto address = element.address()) addresses.push_back(*address);
    }
    return addresses;
  }

  static std::vector<dns::Name> read_targets(const JsonPlace& place) {
    std::vector<dns::Name> targets;
    for (const JsonPlace& element : place.elements())
      targets.push_back(read_name(element));
    return targets;
  }

  static ScopeBounds read_scope(const JsonPlace& place) {
    ScopeBounds bounds{0, kBitsV6};
    if (!place.has_only({"min", "max"})) return bounds;
    const auto bits_or = [&](std::string_view key, int otherwise) {
      const auto bits = place.member(key);
      return bits ? static_cast<int>(bits->integer(0, kBitsV6).value_or(otherwise)) : otherwise;
    };
    bounds = {bits_or("min", bounds.min), bits_or("max", bounds.max)};
    if (!place.member("min") && !place.member("max")) place.error("must have \"min\", \"max\" or both");
    if (bounds.min > bounds.max) place.error(fmt::format("min {} is more than max {}", bounds.min, bounds.max));
    return bounds;
  }

  static std::optional<dns::Rcode> read_rcode(const JsonPlace& place) {
    using dns::Rcode;
    // What becomes of a query for a name: docs/protocol.md.
    return place.choice<Rcode>({{"NOERROR", Rcode::no_error},
                                {"NXDOMAIN", Rcode::nx_domain},
                                {"SERVFAIL", Rcode::serv_fail},
                                {"REFUSED", Rcode::refused},
                                {"YXDOMAIN", Rcode::yx_domain}});
  }

  JsonPlace top_;
  const answer::Snapshot& snapshot_;
  GeoDatabases& databases_;
  Problems& problems_;
  std::map<std::string, dns::ClientSubnet> samples_;
  std::optional<FirstNetworks> first_networks_;  // made when a test asks for one
};

}  // namespace

std::optional<std::vector<RouteTest>> read_route_tests(const std::filesystem::path& file,
                                                       const answer::Snapshot& snapshot, GeoDatabases& databases,
                                                       Problems& problems) {
  const std::size_t errors_before = problems.error_count();
  const auto document = config::parse_json_file(file, problems);
  if (!document) return std::nullopt;
  auto tests = Reader(JsonPlace(*document, file, problems), snapshot, databases, problems).read();
  if (problems.error_count() > errors_before) return std::nullopt;
  return tests;
}

}  // namespace rhumb::daemon
