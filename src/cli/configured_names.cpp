#include "cli/configured_names.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/option_words.hpp"
#include "cli/server_access.hpp"

namespace rhumb::cli {
namespace {

using Json = nlohmann::ordered_json;

// Read within a tenth of a second.
constexpr std::uintmax_t kSizeMax = 4U << 20;

Json read(const std::filesystem::path& file) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(file, failed);
  if (failed || size > kSizeMax) return Json::object();
  std::ifstream stream(file);
  const Json config = Json::parse(stream, nullptr, false, true);
  return config.is_object() ? config : Json::object();
}

std::vector<std::string> keys(const Json& config, const char* key) {
  std::vector<std::string> names;
  const auto found = config.find(key);
  if (found == config.end() || !found->is_object()) return names;
  for (const auto& item : found->items())
    names.push_back(item.key());
  return names;
}

void add_instances(const Json& service, std::vector<std::string>& names) {
  const auto instances = service.is_object() ? service.find("instances") : service.end();
  if (instances == service.end() || !instances->is_array()) return;
  for (const Json& instance : *instances) {
    for (const char* key : {"address", "target"}) {
      const std::string name = instance.is_object() && instance.contains(key) && instance[key].is_string()
                                   ? instance[key].get<std::string>()
                                   : "";
      if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
}

std::vector<std::string> instances(const Json& config, const std::string& service) {
  std::vector<std::string> names;
  for (const std::string& name : keys(config, "services")) {
    if (service.empty() || canonical_service(name) == canonical_service(service)) {
      add_instances(config["services"][name], names);
    }
  }
  return names;
}

std::vector<std::string> zones(const Json& config, const std::filesystem::path& file) {
  std::vector<std::string> names;
  if (!config.contains("zones") || !config["zones"].is_string()) return names;
  std::error_code failed;
  const std::filesystem::path directory = file.parent_path() / config["zones"].get<std::string>();
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".zone") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> configured_names(std::string_view value, const Context& context) {
  const std::filesystem::path file =
      context.config_file.empty() ? usual_config() : std::filesystem::path(context.config_file);
  if (value == "REGION") return keys(read(file), "regions");
  if (value == "SERVICE") return keys(read(file), "services");
  if (value == "CHECK") return keys(read(file), "checks");
  if (value == "INSTANCE") return instances(read(file), context.service);
  if (value == "ZONE") return zones(read(file), file);
  return {};
}

}  // namespace rhumb::cli
