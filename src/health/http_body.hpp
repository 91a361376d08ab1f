// The body of a response, searched for a text.
//
// Beast's parser takes it out of its chunks; of what comes out only the end is kept that a text may begin in. Reading
// ends at the text, at the end of the body or at a limit, whichever is first, so that what a server sends, however much
// and however packed, costs no more memory than a buffer and no more time than the limits below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

#include "health/http_head.hpp"

namespace rhumb::health {

// The text must stand in so much of the body: a health page is short, and a long one shows its state at the top.
inline constexpr std::size_t kBodyMax = 64 * 1024;
// As it is sent: a body in chunks of one octet takes six for each, and extensions of chunks may be longer than those.
inline constexpr std::size_t kSentBodyMax = 8 * kBodyMax;

// Looks for a text in what is appended piece by piece.
class TextSearch {
 public:
  // `text` must outlive this, and is not empty.
  explicit TextSearch(std::string_view text) : text_(text) {}

  void append(std::string_view piece);
  [[nodiscard]] bool is_found() const noexcept { return is_found_; }
  // Octets that were appended.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::string_view text_;
  std::string tail_;  // the last octets, one fewer than the text has: it may begin there
  std::size_t size_ = 0;
  bool is_found_ = false;
};

class BodyReader {
 public:
  enum class Progress { incomplete, found, absent, malformed };

  // Reads on from `head`, which is whole and is not used any more. `text` must outlive this, and is not empty.
  BodyReader(HeadReader& head, std::string_view text);
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // What has come of all that was received so far.
  [[nodiscard]] Progress progress() const noexcept { return progress_; }

  // Where the next octets go: between one and a few thousand. Only while incomplete; valid until the next call.
  [[nodiscard]] std::span<char> space();
  // `size` octets were put into space().
  void received(std::size_t size);

  // Once malformed: what is wrong.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  // Once absent: whether there may be more of the body than was searched.
  [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }

 private:
  // Beast's word for where a parser puts the body.
  struct Searched {
    using value_type = TextSearch*;
    class reader {  // NOLINT(readability-identifier-naming): the name that Beast looks for
     public:
      template <bool kIsRequest, typename Fields>
      reader(boost::beast::http::header<kIsRequest, Fields>&, value_type& search) : search_(search) {}
      static void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& error) { error = {}; }
      template <typename Buffers>
      std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
        error = {};
        std::size_t size = 0;
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers);
             ++at) {
          const boost::asio::const_buffer piece = *at;
          search_->append({static_cast<const char*>(piece.data()), piece.size()});
          size += piece.size();
        }
        return size;
      }
      static void finish(boost::beast::error_code& error) { error = {}; }

     private:
      TextSearch* search_;
    };
  };

  [[nodiscard]] Progress parse();

  TextSearch search_;
  boost::beast::http::response_parser<Searched> parser_;
  boost::beast::flat_buffer buffer_;
  std::size_t received_ = 0;
  Progress progress_;
  bool is_cut_ = false;
  std::string problem_;
};

}  // namespace rhumb::health
