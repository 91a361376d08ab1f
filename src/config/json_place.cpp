#include "config/json_place.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/suggestion.hpp"
#include "config/duration.hpp"

namespace rhumb::config {

JsonPlace JsonPlace::child(const Json& value, std::string_view key) const {
  JsonPlace result = *this;
  result.value_ = &value;
  (result.pointer_ += '/') += escaped_key(key);
  return result;
}

bool JsonPlace::has_only(std::initializer_list<std::string_view> keys) const {
  if (!value_->is_object()) {
    error(fmt::format("must be an object, not {}", value_->type_name()));
    return false;
  }
  bool known = true;
  for (const auto& [key, value] : value_->items()) {
    if (std::ranges::find(keys, key) != keys.end()) continue;
    child(value, key).error("unknown key" + suggestion(key, keys));
    known = false;
  }
  return known;
}

std::optional<JsonPlace> JsonPlace::member(std::string_view key) const {
  if (!value_->is_object()) return std::nullopt;
  const auto found = value_->find(std::string(key));
  if (found == value_->end()) return std::nullopt;
  return child(*found, key);
}

std::optional<JsonPlace> JsonPlace::required(std::string_view key) const {
  auto found = member(key);
  if (!found && value_->is_object()) error(fmt::format("\"{}\" is missing", key));
  return found;
}

std::vector<std::pair<std::string, JsonPlace>> JsonPlace::members() const {
  std::vector<std::pair<std::string, JsonPlace>> result;
  if (!value_->is_object()) {
    error(fmt::format("must be an object, not {}", value_->type_name()));
    return result;
  }
  for (const auto& [key, value] : value_->items())
    result.emplace_back(key, child(value, key));
  return result;
}

std::vector<JsonPlace> JsonPlace::elements() const {
  std::vector<JsonPlace> result;
  if (!value_->is_array()) {
    error(fmt::format("must be an array, not {}", value_->type_name()));
    return result;
  }
  for (std::size_t i = 0; i < value_->size(); ++i)
    result.push_back(child((*value_)[i], std::to_string(i)));
  return result;
}

std::optional<bool> JsonPlace::boolean() const {
  if (value_->is_boolean()) return value_->get<bool>();
  error(fmt::format("must be true or false, not {}", value_->type_name()));
  return std::nullopt;
}

std::optional<std::string> JsonPlace::text() const {
  if (value_->is_string()) return value_->get<std::string>();
  error(fmt::format("must be a string, not {}", value_->type_name()));
  return std::nullopt;
}

std::optional<IpAddress> JsonPlace::address() const {
  const auto written = text();
  const auto address = written ? IpAddress::parse(*written) : std::nullopt;
  if (written && !address) error(fmt::format("\"{}\" is not an IP address", *written));
  return address;
}

std::optional<std::int64_t> JsonPlace::integer(std::int64_t least, std::int64_t most) const {
  if (value_->is_number_integer()) {
    // Unsigned numbers beyond int64 would turn negative.
    const bool is_huge =
        value_->is_number_unsigned() &&
        value_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const auto value = value_->get<std::int64_t>();
    if (!is_huge && value >= least && value <= most) return value;
  }
  error(fmt::format("must be a whole number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<double> JsonPlace::number(double least, double most) const {
  if (value_->is_number()) {
    const auto value = value_->get<double>();
    if (value >= least && value <= most) return value;
  }
  error(fmt::format("must be a number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<std::uint32_t> JsonPlace::duration_ms(std::uint32_t least, std::uint32_t most) const {
  if (value_->is_string()) {
    const auto duration = parse_duration_ms(value_->get_ref<const std::string&>());
    if (duration && *duration >= least && *duration <= most) return duration;
  }
  error(fmt::format("must be a duration from \"{}\" to \"{}\", such as \"5s\" or \"200ms\"", duration_to_text(least),
                    duration_to_text(most)));
  return std::nullopt;
}

std::optional<std::size_t> JsonPlace::choice_index(const std::vector<std::string_view>& names) const {
  const auto chosen = text();
  if (!chosen) return std::nullopt;
  const auto found = std::ranges::find(names, *chosen);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  error(fmt::format("\"{}\" must be one of \"{}\"{}", *chosen, fmt::join(names, "\", \""), suggestion(*chosen, names)));
  return std::nullopt;
}

}  // namespace rhumb::config
