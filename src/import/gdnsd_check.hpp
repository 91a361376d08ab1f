// What gdnsd's service types are in Rhumb: checks, or a fixed state.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "import/draft.hpp"
#include "import/report.hpp"
#include "import/vscf.hpp"

namespace rhumb::importing {

class GdnsdChecks {
 public:
  // `service_types` of the configuration; null when it has none. Both must outlive this.
  GdnsdChecks(const VscfValue* service_types, Draft& draft, Report& report);

  // Puts the checks of these service types into the draft, each once, and returns their names. Empty when they are
  // "up", or could not be carried over, which is told.
  [[nodiscard]] std::vector<std::string> use(const std::vector<std::string>& service_types, const std::string& place);
  // Whether one of them says that all is always down.
  [[nodiscard]] bool is_always_down(const std::vector<std::string>& service_types) const;

 private:
  [[nodiscard]] const VscfValue* find(const std::string& name) const;
  [[nodiscard]] std::optional<Json> convert(const std::string& name, const VscfValue& type);
  void add_thresholds(const std::string& name, const VscfValue& type, Json& check);

  const VscfValue* service_types_;
  Draft& draft_;
  Report& report_;
  std::set<std::string> converted_;
};

// The number of a text; `otherwise`, and an error, when it is none.
[[nodiscard]] std::uint32_t number_of(const VscfValue& value, std::uint32_t otherwise, Report& report);
// The same, or `otherwise` when there is none.
[[nodiscard]] std::uint32_t number_of(const VscfValue* value, std::uint32_t otherwise, Report& report);
[[nodiscard]] bool is_true(const VscfValue* value);

}  // namespace rhumb::importing
