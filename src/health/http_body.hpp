// The body of a response: searched for a text, kept, or only read to its end.
//
// Beast's parser takes it out of its chunks; of what comes out only the end is kept that a text may begin in, unless
// all is wanted. Reading ends when nothing more is wanted, at the end of the body or at a limit, whichever is first, so
// that what a server sends, however much and however packed, costs no more memory than a buffer and what is wanted, and
// no more time than the limits.
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

struct BodyWants {
  std::string_view text;       // that is searched for; empty: none is. Must outlive the reader
  std::size_t limit;           // so much of the body is looked at; at least 1
  bool is_kept = false;        // whether it is wanted itself
  bool is_read_whole = false;  // whether it is read to its end, so that the connection can be used again
};

// What is read as it is sent, in multiples of the limit: a body in chunks of one octet takes six for each, and
// extensions of chunks may be longer than those.
inline constexpr std::size_t kSentFactor = 8;

// Looks for a text in what is appended piece by piece.
class TextSearch {
 public:
  // `text` must outlive this, and is not empty.
  explicit TextSearch(std::string_view text) : text_(text) {}

  void append(std::string_view piece);
  [[nodiscard]] bool is_found() const noexcept { return is_found_; }

 private:
  std::string_view text_;
  std::string tail_;  // the last octets, one fewer than the text has: it may begin there
  bool is_found_ = false;
};

class BodyReader {
 public:
  enum class Progress { incomplete, done, malformed };

  // Reads on from `head`, which is whole and is not used any more.
  BodyReader(HeadReader& head, const BodyWants& wants);
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
  // Whether the text has come.
  [[nodiscard]] bool is_found() const noexcept { return taker_.search && taker_.search->is_found(); }
  // What has come of the body, up to the limit, if it is kept.
  [[nodiscard]] const std::string& body() const noexcept { return taker_.body; }
  // Once done: whether there may be more of the body than was looked at.
  [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }
  // Once done: whether the connection can carry another request. Not if more came than the response.
  [[nodiscard]] bool is_connection_free() const;

 private:
  // Takes the body as it comes out of its chunks.
  struct Taker {
    void append(std::string_view piece);

    const BodyWants wants;
    std::optional<TextSearch> search;
    std::string body;
    std::size_t size = 0;  // that was looked at
    bool is_cut = false;   // whether more came
  };

  // Beast's word for where a parser puts the body.
  struct Taken {
    using value_type = Taker*;
    class reader {  // NOLINT(readability-identifier-naming): the name that Beast looks for
     public:
      template <bool kIsRequest, typename Fields>
      reader(boost::beast::http::header<kIsRequest, Fields>&, value_type& taker) : taker_(taker) {}
      static void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& error) { error = {}; }
      template <typename Buffers>
      std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
        error = {};
        std::size_t size = 0;
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers);
             ++at) {
          const boost::asio::const_buffer piece = *at;
          taker_->append({static_cast<const char*>(piece.data()), piece.size()});
          size += piece.size();
        }
        return size;
      }
      static void finish(boost::beast::error_code& error) { error = {}; }

     private:
      Taker* taker_;
    };
  };

  [[nodiscard]] Progress parse();
  [[nodiscard]] bool is_satisfied() const noexcept;

  Taker taker_;
  boost::beast::http::response_parser<Taken> parser_;
  boost::beast::flat_buffer buffer_;
  std::size_t received_ = 0;
  Progress progress_;
  bool is_cut_ = false;
  std::string problem_;
};

}  // namespace rhumb::health
