// HTTP as far as most probes need it: one request, and the head of the response. Plain functions over bytes, no socket.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "health/check.hpp"

namespace rhumb::health {

// All heads of one response together, interim ones (100 Continue, 103 Early Hints) included. nginx and Apache refuse to
// send or pass on more than 8 KiB.
inline constexpr std::size_t kHeadMax = 16 * 1024;

// The Host field: the check's own, or the target's, or the address and port.
[[nodiscard]] std::string host_field(const Target& target);

// "GET path HTTP/1.1" and its fields, for a connection that carries nothing else unless the check keeps it. A header of
// the check stands in place of one that is sent otherwise.
[[nodiscard]] std::string write_request(const Target& target);

// Reads a response up to the end of its head. Memory follows what has arrived and ends at kHeadMax; each octet is
// looked at a fixed number of times, however small the pieces are in which it comes.
class HeadReader {
 public:
  enum class Progress { incomplete, whole, malformed, too_long };

  HeadReader();

  // Where the next octets go: between one and a few thousand. Only while incomplete; valid until the next call.
  [[nodiscard]] std::span<char> space();

  // `size` octets were put into space().
  Progress received(std::size_t size);

  // Once whole: the status of the first response that is not interim, 101 to 999.
  [[nodiscard]] int status() const;
  // Once whole: of that response. Empty if there is no such field.
  [[nodiscard]] std::string_view field(std::string_view name) const;
  // Whether any octet has come.
  [[nodiscard]] bool has_begun() const noexcept { return received_ > 0; }
  // Once malformed: what is wrong.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  // Once whole: for who reads on. The parser stands at the end of the head, the buffer has what came behind it.
  using Parser = boost::beast::http::response_parser<boost::beast::http::empty_body>;
  [[nodiscard]] Parser& parser() noexcept { return *parser_; }
  [[nodiscard]] boost::beast::flat_buffer& buffer() noexcept { return buffer_; }

 private:
  void start_over();
  [[nodiscard]] bool is_interim() const;

  boost::beast::flat_buffer buffer_{kHeadMax};
  std::optional<Parser> parser_;  // reads one head; emplaced again after each interim one
  std::size_t received_ = 0;
  std::string problem_;
};

}  // namespace rhumb::health
