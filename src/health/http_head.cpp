#include "health/http_head.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace rhumb::health {
namespace {

namespace http = boost::beast::http;

// Most heads come whole in the first segment.
constexpr std::size_t kReadSize = 2 * 1024;

std::string host_field(const Target& target) {
  return target.host.empty() ? Endpoint{target.address, target.check.port}.to_string() : target.host;
}

}  // namespace

std::string write_request(const Target& target) {
  return fmt::format(
      "GET {} HTTP/1.1\r\n"
      "Host: {}\r\n"
      "User-Agent: rhumb\r\n"
      "Accept: */*\r\n"
      "Connection: close\r\n"
      "\r\n",
      target.check.path, host_field(target));
}

HeadReader::HeadReader() {
  start_over();
}

std::span<char> HeadReader::space() {
  assert(received_ < kHeadMax);
  const auto room = buffer_.prepare(std::min(kReadSize, kHeadMax - received_));
  return {static_cast<char*>(room.data()), room.size()};
}

HeadReader::Progress HeadReader::received(std::size_t size) {
  buffer_.commit(size);
  received_ += size;
  while (buffer_.size() > 0) {
    boost::beast::error_code error;
    buffer_.consume(parser_->put(buffer_.data(), error));
    if (error == http::error::need_more) break;
    if (error == http::error::header_limit) return Progress::too_long;
    if (error) {
      problem_ = error.message();
      return Progress::malformed;
    }
    if (!is_interim()) return Progress::whole;
    start_over();
  }
  return received_ < kHeadMax ? Progress::incomplete : Progress::too_long;
}

int HeadReader::status() const {
  return static_cast<int>(parser_->get().result_int());
}

void HeadReader::start_over() {
  parser_.emplace();
  parser_->header_limit(kHeadMax);
  parser_->skip(true);  // the body, whatever its length
}

// RFC 9110 §15.2. 101 is final here: it would answer an Upgrade, which a probe never asks for.
bool HeadReader::is_interim() const {
  return status() >= 100 && status() < 200 && status() != 101;
}

}  // namespace rhumb::health
