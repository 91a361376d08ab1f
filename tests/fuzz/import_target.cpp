#include <string>
#include <string_view>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "fuzz/targets.hpp"
#include "import/draft_writer.hpp"
#include "import/gdnsd.hpp"
#include "import/geodns.hpp"
#include "import/route53.hpp"

namespace rhumb::fuzz {
namespace {

using importing::Draft;
using importing::Report;
using importing::SourceFiles;

// The first octet chooses the format; the rest is its text, or two texts with a zero octet between them.
Draft import(std::uint8_t format, const std::string& text, Report& report) {
  const std::size_t cut = text.find('\0');
  const std::string first = text.substr(0, cut);
  const std::string second = cut == std::string::npos ? "" : text.substr(cut + 1);
  switch (format % 3) {
    case 0:
      return import_gdnsd({{"config", first}, {"geoip/nets", second}, {"zones/example.com", second}}, "/", report);
    case 1:
      return import_geodns({{"example.com.json", first}}, report);
    default:
      return import_route53({{"records.json", first}}, read_route53_health_checks("checks.json", second, report),
                            report);
  }
}

void check_draft(const Draft& draft) {
  for (const auto& service : draft.services) {
    require(!service.instances.empty(), "a service has instances");
    require(!service.preference.regions.empty(), "a service has regions");
    require(service.ttl_min_s <= service.ttl_s, "the least TTL is not above the TTL");
    const bool has_target = !service.instances.front().target.empty();
    for (const auto& instance : service.instances) {
      require(has_target == !instance.target.empty(), "a service has addresses or names");
      require(has_target != !instance.address.empty(), "an instance has an address or a name");
      require(instance.weight <= 65'535, "a weight fits");
    }
    for (const auto& rule : service.rules)
      require(!rule.preference || !rule.preference->regions.empty(), "a rule leads somewhere, or gives no data");
  }
}

}  // namespace

void fuzz_import(Bytes octets) {
  Input input(octets);
  const std::uint8_t format = input.u8();
  const Bytes rest = input.rest();
  Report report;
  const Draft draft = import(format, std::string(rest.begin(), rest.end()), report);
  for (const auto& note : report.notes()) {
    require(!note.place.empty(), "a note has a place");
    require(!note.message.empty(), "a note says something");
  }
  if (report.has_errors()) return;
  check_draft(draft);
  const SourceFiles files = to_files(draft, "fuzz");
  require(importing::Json::accept(files.at("rhumb.json"), true), "what is written is JSON");
}

}  // namespace rhumb::fuzz
