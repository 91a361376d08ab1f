#include "query_stream.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

QueryStream::QueryStream(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  octets_.assign(std::istreambuf_iterator<char>(input), {});
  std::size_t end = 0;
  while (end + 2 <= octets_.size()) {
    end += 2 + (std::size_t{octets_[end]} << 8 | octets_[end + 1]);
    ends_.push_back(end);
  }
  if (ends_.empty() || end != octets_.size()) throw std::runtime_error(file + ": not a stream of queries");
}
