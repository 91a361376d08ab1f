#include "health/http_head.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <utility>

#include <boost/beast/core/string.hpp>
#include <fmt/format.h>

namespace rhumb::health {
namespace {

namespace http = boost::beast::http;

// Most heads come whole in the first segment.
constexpr std::size_t kHeadReadSize = 2 * 1024;

constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kUsualFields = {
    {{"User-Agent", "rhumb"}, {"Accept", "*/*"}}};

std::string_view method_name(Check::Method method) noexcept {
  return method == Check::Method::head ? "HEAD" : "GET";
}

// Names of fields are compared without case (RFC 9110 §5.1).
bool has_field(const std::vector<HeaderField>& fields, std::string_view name) {
  return std::ranges::any_of(fields, [&](const HeaderField& field) { return boost::beast::iequals(field.name, name); });
}

}  // namespace

std::string host_field(const Target& target) {
  if (!target.check.host.empty()) return target.check.host;
  return target.host.empty() ? Endpoint{target.address, target.check.port}.to_string() : target.host;
}

std::string write_request(const Target& target) {
  const Check& check = target.check;
  std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method_name(check.method), check.path, host_field(target));
  for (const auto& [name, value] : kUsualFields) {
    if (!has_field(check.headers, name)) request += fmt::format("{}: {}\r\n", name, value);
  }
  for (const HeaderField& field : check.headers)
    request += fmt::format("{}: {}\r\n", field.name, field.value);
  return request += check.keeps_connection ? "\r\n" : "Connection: close\r\n\r\n";
}

HeadReader::HeadReader() {
  start_over();
}

std::span<char> HeadReader::space() {
  assert(received_ < kHeadMax);
  const auto room = buffer_.prepare(std::min(kHeadReadSize, kHeadMax - received_));
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

std::string_view HeadReader::field(std::string_view name) const {
  return parser_->get()[{name.data(), name.size()}];
}

void HeadReader::start_over() {
  parser_.emplace();
  parser_->header_limit(kHeadMax);
  parser_->body_limit(boost::none);  // whatever its length, it is not read here
}

// RFC 9110 §15.2. 101 is final here: it would answer an Upgrade, which a probe never asks for.
bool HeadReader::is_interim() const {
  return status() >= 100 && status() < 200 && status() != 101;
}

}  // namespace rhumb::health
