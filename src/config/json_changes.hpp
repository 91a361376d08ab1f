// What is different between two JSON documents, for people.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/json_file.hpp"

namespace rhumb::config {

struct JsonChanges {
  // "/services/www.example.com/ttl: 30 → 60", "/regions/eu-north: new", "/services/x.example.com: gone", in the order
  // of the documents, those that are gone after the others of their object.
  std::vector<std::string> lines;
  std::size_t left_out = 0;  // more of them
};

// Members of objects are compared by key, elements of arrays by place if there are as many. Of what
// masked.hpp masks no value is told. At most `lines_max` lines.
[[nodiscard]] JsonChanges find_changes(const Json& before, const Json& after, std::size_t lines_max);

}  // namespace rhumb::config
