#include "health/http_body.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::health {
namespace {

using Progress = BodyReader::Progress;

constexpr std::string_view kText = "all is well";
constexpr std::size_t kLimit = 64 * 1024;
constexpr std::size_t kSentLimit = kSentFactor * kLimit;
constexpr BodyWants kSearched{kText, kLimit};
constexpr BodyWants kKept{"", kLimit, true};
constexpr BodyWants kReadWhole{kText, kLimit, false, true};

struct Read {
  Progress progress;
  std::size_t taken;  // octets of the response
  bool is_found;
  bool is_cut;
  bool is_connection_free;
  std::string body;
};

// Gives a reader `response` in pieces of at most `piece`, until it has made up its mind.
Read read(std::string_view response, std::size_t piece = 1'000'000, const BodyWants& wants = kSearched) {
  const std::size_t whole = response.size();
  const auto put = [&](std::span<char> space) {
    const std::size_t size = std::min({piece, space.size(), response.size()});
    response.copy(space.data(), size);
    response.remove_prefix(size);
    return size;
  };
  HeadReader head;
  while (head.received(put(head.space())) == HeadReader::Progress::incomplete && !response.empty()) {
  }
  BodyReader body(head, wants);
  while (!response.empty() && body.progress() == Progress::incomplete)
    body.received(put(body.space()));
  return {body.progress(), whole - response.size(),   body.is_found(),
          body.is_cut(),   body.is_connection_free(), body.body()};
}

std::string with_length(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// Each chunk of `size` octets.
std::string in_chunks(std::string_view body, std::size_t size) {
  std::string response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t at = 0; at < body.size(); at += size) {
    const std::string_view chunk = body.substr(at, size);
    ((response += kDigits[chunk.size()]) += "\r\n") += chunk;
    response += "\r\n";
  }
  return response += "0\r\n\r\n";
}

TEST(TextSearch, FindsATextHoweverItIsCut) {
  const std::string whole = "aaab aab aaaab";
  for (const std::string text : {"a", "b", "aaab", "aaaab", "aab a", "b aab aaaa"}) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      SCOPED_TRACE(seed);
      Random random(seed);
      TextSearch search(text);
      std::string_view rest = whole;
      std::size_t given = 0;
      while (!rest.empty()) {
        const std::size_t size = std::min<std::size_t>(rest.size(), random.below(6));
        search.append(rest.substr(0, size));
        rest.remove_prefix(size);
        given += size;
        ASSERT_EQ(search.is_found(), whole.substr(0, given).find(text) != std::string::npos) << text;
      }
    }
  }
}

TEST(BodyReader, FindsTheTextInPiecesOfAnySize) {
  const std::string body = "{\"state\": \"all is well\"}";
  for (const std::string& response : {with_length(body), in_chunks(body, 1), in_chunks(body, 7), in_chunks(body, 15),
                                      "HTTP/1.0 200 OK\r\n\r\n" + body}) {
    for (std::size_t piece = 1; piece <= response.size(); ++piece)
      EXPECT_TRUE(read(response, piece).is_found) << piece << response;
  }
}

TEST(BodyReader, SaysThatTheTextIsAbsentAtTheEndOfTheBody) {
  for (const std::string& response : {with_length("all is lost"), with_length(""), in_chunks("all is lost", 3),
                                      std::string("HTTP/1.1 204 No Content\r\n\r\n")}) {
    for (std::size_t piece = 1; piece <= response.size(); ++piece) {
      const Read absent = read(response, piece);
      EXPECT_EQ(absent.progress, Progress::done) << piece << response;
      EXPECT_FALSE(absent.is_found) << piece << response;
      EXPECT_FALSE(absent.is_cut);
    }
  }
}

TEST(BodyReader, WaitsForMoreWhileThereMayBeMore) {
  for (const std::string& response : {with_length("all is well").substr(0, 45), in_chunks("all is", 3),
                                      std::string("HTTP/1.0 200 OK\r\n\r\nall is")}) {
    EXPECT_EQ(read(response.substr(0, response.size() - 5)).progress, Progress::incomplete);
  }
}

// It would never match if the sizes of chunks were left in the body.
TEST(BodyReader, TakesTheBodyOutOfItsChunks) {
  EXPECT_TRUE(read(in_chunks("all is well", 4)).is_found);
  EXPECT_FALSE(read(in_chunks("all is lost", 4), 1'000'000, {"4\r\n", kLimit}).is_found);
}

TEST(BodyReader, StopsAtTheText) {
  const std::string response = with_length("all is well" + std::string(1'000'000, 'x'));
  EXPECT_LT(read(response).taken, 10'000U);
}

TEST(BodyReader, SearchesAsMuchAsTheLimitAndNoMore) {
  const std::string just = std::string(kLimit - kText.size(), 'x') + std::string(kText);
  const std::string late = 'x' + just;
  const std::string rest(1'000'000, 'x');
  for (const std::size_t piece : {100U, 1'000U, 1'000'000U}) {
    EXPECT_TRUE(read(with_length(just + rest), piece).is_found);
    const Read absent = read(with_length(late + rest), piece);
    EXPECT_EQ(absent.progress, Progress::done);
    EXPECT_FALSE(absent.is_found);
    EXPECT_TRUE(absent.is_cut);
    EXPECT_LT(absent.taken, 2 * kLimit);
    EXPECT_TRUE(read(in_chunks(just, 1), piece).is_found) << "in the smallest chunks";
  }
}

TEST(BodyReader, KeepsAsMuchAsTheLimitAndNoMore) {
  const std::string whole(kLimit, 'x');
  for (const std::size_t piece : {100U, 1'000'000U}) {
    for (const std::string& response : {with_length(whole), in_chunks(whole, 15), "HTTP/1.0 200 OK\r\n\r\n" + whole}) {
      const Read kept = read(response, piece, kKept);
      EXPECT_TRUE(kept.body == whole);
    }
    const Read cut = read(with_length(whole + 'y'), piece, kKept);
    EXPECT_EQ(cut.progress, Progress::done);
    EXPECT_TRUE(cut.is_cut);
    EXPECT_TRUE(cut.body == whole);
  }
  EXPECT_EQ(read(with_length("all is well"), 3, {"is", kLimit, true}).body, "all is well") << "the text ends nothing";
  EXPECT_EQ(read(with_length("all is well")).body, "") << "nor is it kept unless it is wanted";
}

// What comes behind a response would be taken for the answer to the next request.
TEST(BodyReader, LeavesAConnectionFreeOnlyAtTheEndOfTheResponse) {
  for (std::size_t piece = 1; piece < 100; ++piece) {
    for (const std::string& response :
         {with_length("all is well, and has an end"), with_length(""), in_chunks("all is well, and has an end", 3),
          std::string("HTTP/1.1 204 No Content\r\n\r\n"),
          std::string("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx")}) {
      EXPECT_TRUE(read(response, piece, kReadWhole).is_connection_free) << piece << response;
    }
    for (const std::string& response :
         {std::string("HTTP/1.0 200 OK\r\n\r\nall is well"), "HTTP/1.0" + with_length("all is well").substr(8),
          std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"),
          std::string("HTTP/1.1 200 OK\r\n\r\nwithout an end")}) {
      EXPECT_FALSE(read(response, piece, kReadWhole).is_connection_free) << piece << response.substr(0, 100);
    }
  }
  EXPECT_FALSE(read(with_length("all is well") + "HTTP/1.1 200 OK\r\n", 1'000, kReadWhole).is_connection_free);
}

TEST(BodyReader, EndsHoweverLittleBodyThereIsInWhatIsSent) {
  std::string extended = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string head = extended;
  while (extended.size() < 2 * kSentLimit)
    extended += "1;" + std::string(1'000, 'e') + "\r\nx\r\n";
  const std::string endless_line = head + "1;" + std::string(2 * kSentLimit, 'e');
  for (const std::string& response : {extended, endless_line}) {
    for (const std::size_t piece : {100U, 1'000'000U}) {
      const Read ended = read(response, piece);
      EXPECT_NE(ended.progress, Progress::incomplete);
      EXPECT_LT(ended.taken, kSentLimit + 100'000);
    }
  }
}

TEST(BodyReader, SaysWhatIsMalformed) {
  const std::string response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
  HeadReader head;
  const auto space = head.space();
  response.copy(space.data(), response.size());
  ASSERT_EQ(head.received(response.size()), HeadReader::Progress::whole);
  const BodyReader body(head, kSearched);
  EXPECT_EQ(body.progress(), Progress::malformed);
  EXPECT_EQ(body.problem(), "bad chunk");
}

TEST(BodyReader, SurvivesDamagedBodies) {
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string response = in_chunks("nothing that is looked for, in chunks of seven", 7);
    const auto head = static_cast<std::uint32_t>(response.find("\r\n\r\n") + 4);
    for (std::uint32_t i = 1 + random.below(6); i > 0; --i)
      response[head + random.below(static_cast<std::uint32_t>(response.size()) - head)] =
          static_cast<char>(random.below(256));
    EXPECT_FALSE(read(response, 1 + random.below(40)).is_found);
  }
}

}  // namespace
}  // namespace rhumb::health
