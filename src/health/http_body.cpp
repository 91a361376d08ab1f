#include "health/http_body.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rhumb::health {
namespace {

namespace http = boost::beast::http;

// What waits to be parsed is at most the line before a chunk.
constexpr std::size_t kReadSize = 4 * 1024;

}  // namespace

void TextSearch::append(std::string_view piece) {
  if (is_found_) return;
  piece = piece.substr(0, kBodyMax - size_);
  size_ += piece.size();
  const std::size_t overlap = text_.size() - 1;
  tail_ += piece.substr(0, overlap);  // a text that began before this piece ends there
  is_found_ = tail_.find(text_) != std::string::npos || piece.find(text_) != std::string_view::npos;
  if (piece.size() > overlap) tail_ = piece.substr(piece.size() - overlap);
  if (tail_.size() > overlap) tail_.erase(0, tail_.size() - overlap);
}

BodyReader::BodyReader(HeadReader& head, std::string_view text)
    : search_(text), parser_(std::move(head.parser()), &search_), buffer_(std::move(head.buffer())) {
  progress_ = parse();
}

std::span<char> BodyReader::space() {
  assert(progress_ == Progress::incomplete && buffer_.size() < buffer_.max_size());
  const auto room = buffer_.prepare(std::min(kReadSize, buffer_.max_size() - buffer_.size()));
  return {static_cast<char*>(room.data()), room.size()};
}

void BodyReader::received(std::size_t size) {
  buffer_.commit(size);
  received_ += size;
  progress_ = parse();
}

BodyReader::Progress BodyReader::parse() {
  while (buffer_.size() > 0 && !parser_.is_done() && !search_.is_found()) {
    boost::beast::error_code error;
    buffer_.consume(parser_.put(buffer_.data(), error));
    if (error == http::error::need_more) break;
    if (error) {
      problem_ = error.message();
      return Progress::malformed;
    }
  }
  if (search_.is_found()) return Progress::found;
  if (parser_.is_done()) return Progress::absent;
  is_cut_ = search_.size() >= kBodyMax || received_ >= kSentBodyMax || buffer_.size() == buffer_.max_size();
  return is_cut_ ? Progress::absent : Progress::incomplete;
}

}  // namespace rhumb::health
