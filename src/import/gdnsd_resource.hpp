// What gdnsd's plugins answer (gdnsd-plugin-multifo(8), -simplefo, -weighted, -metafo, -geoip, -static), laid flat:
// pools of addresses, in an order that may depend on the client. A meta-plugin's datacenters may be resources of other
// plugins, which may be meta-plugins too; a pool is what is left at the end, and a region of Rhumb.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "import/gdnsd_check.hpp"
#include "import/gdnsd_map.hpp"
#include "import/vscf.hpp"

namespace rhumb::importing {

struct GdnsdPool {
  std::string name;  // of the region that it becomes
  std::string place;
  std::vector<DraftInstance> instances = {};  // regions mean nothing yet
  std::vector<std::string> service_types = {};
  double up_threshold = 0.5;
  bool is_weighted = false;  // one of them by weight; otherwise all
  std::size_t answers = 0;   // of a weighted one; 0: all
};

struct GdnsdResource {
  std::vector<GdnsdPool> pools;
  std::vector<std::string> before;                              // pools for everybody, first
  const GdnsdMap* map = nullptr;                                // then those of the datacenters that this says
  std::map<std::string, std::vector<std::string>> datacenters;  // of the map → pools
  std::vector<std::string> after;                               // and then these
  bool is_equal = false;                                        // all pools are one tier
  bool skips_first = false;
  bool are_families_apart = false;  // each decides for itself
};

class GdnsdResources {
 public:
  // `plugins` of the configuration; null when it has none. All must outlive this.
  GdnsdResources(const VscfValue* plugins, const SourceFiles& files, const GdnsdChecks& checks, Report& report);

  // "geoip", "prod_www" or "prod_www/dc-01". Nothing when there is none such, or none that can be carried over; that is
  // told, at `place` if it is not its own.
  [[nodiscard]] std::optional<GdnsdResource> find(const std::string& plugin, const std::string& resource,
                                                  const std::string& place);
  // The value of a resource of plugin static: an address, or a name; empty when there is none.
  [[nodiscard]] std::string find_static(const std::string& resource) const;
  [[nodiscard]] const std::map<std::string, GdnsdMap>& maps() const noexcept { return maps_; }

 private:
  // What is not said is as the levels above have it, the innermost first.
  using Levels = std::vector<const VscfValue*>;

  [[nodiscard]] const VscfValue* plugin(const std::string& name) const;
  std::optional<GdnsdResource> find_nested(const std::string& plugin, const std::string& resource,
                                           const std::string& place, std::size_t depth);
  std::optional<GdnsdResource> read_meta(const std::string& plugin, const std::string& name, const VscfValue& resource,
                                         const std::string& only, std::size_t depth);
  std::optional<GdnsdResource> read_datacenter(const std::string& name, const VscfValue& value, const Levels& above,
                                               std::size_t depth);
  std::optional<GdnsdResource> read_addresses(const std::string& plugin, const std::string& name,
                                              const VscfValue& value, const Levels& above);
  void read_multifo(const VscfValue& value, const Levels& levels, GdnsdPool& pool);
  void read_simplefo(const VscfValue& value, const Levels& levels, GdnsdResource& resource);
  void read_weighted(const VscfValue& value, const Levels& levels, GdnsdResource& resource);
  void read_weighted_stanza(const VscfValue& value, const Levels& levels, GdnsdResource& resource);
  void settle_pool(const Levels& levels, GdnsdPool& pool) const;
  DraftInstance instance_of(const std::string& text, const std::string& place);
  void append(GdnsdResource& resource, const std::string& datacenter, GdnsdResource nested, bool is_of_map);

  const VscfValue* plugins_;
  const GdnsdChecks& checks_;
  Report& report_;
  std::map<std::string, GdnsdMap> maps_;
  std::size_t visits_ = 0;  // of resources, for the one that is looked for
};

}  // namespace rhumb::importing
