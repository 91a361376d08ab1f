#include "config/masked.hpp"

namespace rhumb::config {
namespace {

constexpr const char* kMask = "***";

void mask_texts(Json& value) {
  if (value.is_string()) value = kMask;
  if (!value.is_structured()) return;
  for (Json& element : value)
    mask_texts(element);
}

void mask_secrets(Json& value) {
  if (!value.is_structured()) return;
  for (const auto& [key, element] : value.items()) {
    value.is_object() && is_secret(key) ? mask_texts(element) : mask_secrets(element);
  }
}

}  // namespace

bool is_secret(std::string_view key) noexcept {
  return key == "secret" || key == "secrets" || key == "headers";
}

std::string masked(Json document) {
  mask_secrets(document);
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rhumb::config
