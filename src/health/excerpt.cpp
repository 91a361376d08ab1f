#include "health/excerpt.hpp"

namespace rhumb::health {

std::string excerpt(std::string_view text, std::size_t size_max) {
  std::string result(text.substr(0, size_max));
  for (char& c : result)
    c = c >= ' ' && c < 0x7F ? c : '?';
  return text.size() > size_max ? result + "…" : result;
}

}  // namespace rhumb::health
