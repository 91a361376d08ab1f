// rhumb.json(5): the schema of the configuration, key by key. Each kind of object is described once, in a section named
// after where it stands first: "services.NAME.instances[]".
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/man_pages.hpp"
#include "cli/roff.hpp"

namespace rhumb::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kIntroduction =
    "One file says what rhumb serves and how. It is JSON with comments, `// …` and `/* … */`. Keys that are unknown, "
    "or "
    "stand twice, are errors; `rhumb check` tells of every mistake with its place. Relative paths are relative to the "
    "file. Durations are strings: \"200ms\", \"5s\", \"2m\", \"1h\", \"1d\".\n"
    "\n"
    "Below, NAME in the path of a key stands for any name, and [] for each element of a list.";

constexpr std::string_view kExample = R"({
  "listen": ["192.0.2.53:53", "[2001:db8::53]:53"],
  "zones": "zones",
  "geoip": ["/var/lib/GeoIP/GeoLite2-City.mmdb"],
  "regions": {
    "us-east": {"coordinates": [39.04, -77.49]},
    "eu-west": {"coordinates": [53.35, -6.26]}
  },
  "checks": {"web": {"type": "http", "port": 80, "path": "/healthz"}},
  "control": {"socket": "/run/rhumb/control.sock"},
  "services": {
    "www.example.com": {
      "check": "web",
      "instances": [
        {"region": "us-east", "address": "192.0.2.10"},
        {"region": "eu-west", "address": "192.0.2.20"}
      ]
    }
  }
})";

class ConfigPage {
 public:
  explicit ConfigPage(const Json& schema) : schema_(schema) {}

  std::string to_roff() {
    add_section("", schema_);
    return std::move(text_);
  }

 private:
  // An object with keys of its own, and where it stands.
  struct Place {
    std::string path;
    const Json* object;
  };

  [[nodiscard]] const Json& resolve(const Json& node) const {
    const auto reference = node.find("$ref");
    if (reference == node.end()) return node;
    return resolve(schema_.at(Json::json_pointer(reference->get<std::string>().substr(1))));
  }

  // The objects that a value of `node` may be, or has as elements.
  void find_objects(const std::string& path, const Json& written, std::vector<Place>& found) const {
    if (!written.is_object()) return;
    const Json& node = resolve(written);
    if (node.contains("properties") && node.contains("type")) found.push_back({path, &node});
    for (const char* key : {"allOf", "oneOf", "anyOf"}) {
      if (node.contains(key)) find_in_parts(path, node[key], found);
    }
    for (const char* key : {"else", "then"}) {  // the schema has the usual kind last
      if (node.contains(key)) find_objects(path, node[key], found);
    }
    if (node.contains("items")) find_objects(path + "[]", node["items"], found);
    if (node.contains("additionalProperties")) {
      find_objects(path.empty() ? "NAME" : path + ".NAME", node["additionalProperties"], found);
    }
  }
  // Those that are no references add conditions, not objects.
  void find_in_parts(const std::string& path, const Json& parts, std::vector<Place>& found) const {
    for (const Json& part : parts) {
      if (part.contains("$ref")) find_objects(path, part, found);
    }
  }

  void add_section(const std::string& path, const Json& object) {
    text_ += path.empty() ? ".SH KEYS\n" : fmt::format(".SS {}\n", roff_literal(path));
    if (!path.empty() && object.contains("description")) {
      text_ += roff_text(object["description"].get<std::string>()) + "\n";
    }
    std::vector<Place> below;
    for (const auto& [key, node] : object["properties"].items())
      add_key(path, object, key, node, below);
    for (const Place& place : below)
      add_section(place.path, *place.object);
  }

  void add_key(const std::string& path, const Json& object, const std::string& key, const Json& node,
               std::vector<Place>& below) {
    std::vector<Place> found;
    find_objects(path.empty() ? key : path + "." + key, node, found);
    std::string meaning = fmt::format("({}{}) {}", type_of(node), condition(object, key, node), description_of(node));
    std::vector<std::string> titles;
    for (const Place& place : found) {
      const auto [described, is_new] = described_.try_emplace(place.object, title(place));
      if (is_new) below.push_back({described->second, place.object});
      titles.push_back(described->second);
    }
    if (!titles.empty()) meaning += fmt::format(" See {} below.", fmt::join(titles, " and "));
    text_ += roff_entry(fmt::format("\\fB{}\\fR", roff_literal(key)), meaning);
  }

  // Where two kinds of objects may stand at one place, each has a section.
  [[nodiscard]] std::string title(const Place& place) const {
    std::size_t same = 1;
    for (const auto& [object, path] : described_)
      same += path == place.path || path.starts_with(place.path + " (") ? 1 : 0;
    return same == 1 ? place.path : fmt::format("{} ({})", place.path, same);
  }

  [[nodiscard]] static std::string condition(const Json& object, const std::string& key, const Json& node) {
    const Json required = object.value("required", Json::array());
    if (std::find(required.begin(), required.end(), Json(key)) != required.end()) return ", required";
    return node.contains("default") ? fmt::format(", default {}", node["default"].dump()) : "";
  }

  [[nodiscard]] std::string description_of(const Json& node) const {
    const Json& described = node.contains("description") ? node : resolve(node);
    return described.value("description", "");
  }

  [[nodiscard]] std::string type_of(const Json& node) const {
    if (node.contains("enum")) return choices(node["enum"]);
    if (node.contains("$ref")) return type_of_reference(node);
    for (const char* key : {"allOf", "oneOf", "anyOf"}) {
      if (node.contains(key) && !node.contains("type")) return either(node[key]);
    }
    if (node.contains("else")) return either(Json::array({node["then"], node["else"]}));
    const std::string type = node.value("type", "");
    if (type == "array") return "list of " + elements(node);
    if (type == "object") return node.contains("properties") ? "object" : "object by name";
    return type + range(node);
  }

  // Strings of a form of their own have the name of their definition: duration, endpoint.
  [[nodiscard]] std::string type_of_reference(const Json& node) const {
    const Json& meant = resolve(node);
    const std::string reference = node["$ref"].get<std::string>();
    if (meant.value("type", "") == "string" && meant.contains("pattern"))
      return reference.substr(reference.rfind('/') + 1);
    return reference.ends_with("/address") ? "address" : type_of(meant);
  }

  [[nodiscard]] std::string elements(const Json& array) const {
    if (!array["items"].is_array()) return type_of(array["items"]);
    return type_of(array["items"].front());
  }

  [[nodiscard]] std::string either(const Json& nodes) const {
    std::vector<std::string> types;
    for (const Json& node : nodes) {
      const std::string type = type_of(node);
      if (!type.empty() && std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    }
    return fmt::format("{}", fmt::join(types, " or "));
  }

  [[nodiscard]] static std::string choices(const Json& values) {
    std::vector<std::string> texts;
    for (const Json& value : values)
      texts.push_back(value.dump());
    return fmt::format("{}", fmt::join(texts, ", "));
  }

  [[nodiscard]] static std::string range(const Json& node) {
    if (!node.contains("minimum") || !node.contains("maximum")) return "";
    return fmt::format(" {} to {}", node["minimum"].dump(), node["maximum"].dump());
  }

  const Json& schema_;
  std::map<const Json*, std::string> described_;  // the objects that have sections, and these
  std::string text_;
};

}  // namespace

std::string config_man_page(const std::string& schema) {
  const Json parsed = Json::parse(schema);
  std::string text = roff_head("rhumb.json", "5", "configuration of rhumb");
  text += ".SH DESCRIPTION\n" + roff_paragraphs(kIntroduction);
  text += ConfigPage(parsed).to_roff();
  text += ".SH EXAMPLES\n.nf\n";
  for (const std::string& line : split(kExample, '\n'))
    text += roff_literal(line) + "\n";
  return text + ".fi\n.SH SEE ALSO\n.BR rhumb (1),\n.BR rhumb\\-check (1)\n";
}

}  // namespace rhumb::cli
