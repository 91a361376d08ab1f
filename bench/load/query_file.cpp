#include "query_file.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace rhumb::load {
namespace {

constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kHeaderSize = 12;

std::vector<std::uint8_t> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> octets((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) throw std::runtime_error(path + " cannot be read");
  return octets;
}

}  // namespace

QueryFile::QueryFile(const std::string& path, std::size_t count_min) : offsets_{0} {
  const std::vector<std::uint8_t> file = read(path);
  if (file.empty()) throw std::runtime_error(path + " has no queries");
  while (offsets_.size() - 1 < count_min) {
    for (std::size_t at = 0; at < file.size();) {
      const std::size_t size = at + kLengthSize <= file.size() ? file[at] * std::size_t{256} + file[at + 1] : 0;
      if (size < kHeaderSize || at + kLengthSize + size > file.size())
        throw std::runtime_error(path + ": no message at octet " + std::to_string(at) +
                                 "; each stands behind its length in two octets");
      const auto message = file.begin() + static_cast<std::ptrdiff_t>(at + kLengthSize);
      octets_.insert(octets_.end(), message, message + static_cast<std::ptrdiff_t>(size));
      offsets_.push_back(octets_.size());
      at += kLengthSize + size;
    }
  }
}

}  // namespace rhumb::load
