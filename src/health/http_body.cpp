#include "health/http_body.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rhumb::health {
namespace {

namespace http = boost::beast::http;

// What waits to be parsed is at most the line before a chunk.
constexpr std::size_t kBodyReadSize = 4 * 1024;

}  // namespace

void TextSearch::append(std::string_view piece) {
  if (is_found_) return;
  const std::size_t overlap = text_.size() - 1;
  tail_ += piece.substr(0, overlap);  // a text that began before this piece ends there
  is_found_ = tail_.find(text_) != std::string::npos || piece.find(text_) != std::string_view::npos;
  if (piece.size() > overlap) tail_ = piece.substr(piece.size() - overlap);
  if (tail_.size() > overlap) tail_.erase(0, tail_.size() - overlap);
}

void BodyReader::Taker::append(std::string_view piece) {
  is_cut = is_cut || piece.size() > wants.limit - size;
  piece = piece.substr(0, wants.limit - size);
  size += piece.size();
  if (search) search->append(piece);
  if (wants.is_kept) body += piece;
}

BodyReader::BodyReader(HeadReader& head, const BodyWants& wants)
    : taker_{wants, {}, {}}, parser_(std::move(head.parser()), &taker_), buffer_(std::move(head.buffer())) {
  if (!wants.text.empty()) taker_.search.emplace(wants.text);
  progress_ = parse();
}

std::span<char> BodyReader::space() {
  assert(progress_ == Progress::incomplete && buffer_.size() < buffer_.max_size());
  const auto room = buffer_.prepare(std::min(kBodyReadSize, buffer_.max_size() - buffer_.size()));
  return {static_cast<char*>(room.data()), room.size()};
}

void BodyReader::received(std::size_t size) {
  buffer_.commit(size);
  received_ += size;
  progress_ = parse();
}

bool BodyReader::is_connection_free() const {
  return parser_.is_done() && parser_.keep_alive() && buffer_.size() == 0;
}

bool BodyReader::is_satisfied() const noexcept {
  return is_found() && !taker_.wants.is_kept && !taker_.wants.is_read_whole;
}

BodyReader::Progress BodyReader::parse() {
  while (buffer_.size() > 0 && !parser_.is_done() && !is_satisfied()) {
    boost::beast::error_code error;
    buffer_.consume(parser_.put(buffer_.data(), error));
    if (error == http::error::need_more) break;
    if (error) {
      problem_ = error.message();
      return Progress::malformed;
    }
  }
  is_cut_ = taker_.is_cut;
  if (is_satisfied() || parser_.is_done()) return Progress::done;
  const std::size_t limit = taker_.wants.limit;
  is_cut_ = taker_.size >= limit || received_ >= kSentFactor * limit || buffer_.size() == buffer_.max_size();
  return is_cut_ ? Progress::done : Progress::incomplete;
}

}  // namespace rhumb::health
