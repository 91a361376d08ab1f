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
    const bool is_secret = value.is_object() && (key == "secret" || key == "secrets" || key == "headers");
    is_secret ? mask_texts(element) : mask_secrets(element);
  }
}

}  // namespace

std::string masked(Json document) {
  mask_secrets(document);
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rhumb::config
