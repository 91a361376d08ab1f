#include "health/http_head.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace rhumb::health {
namespace {

using Progress = HeadReader::Progress;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n";

// Gives the reader `bytes` in pieces of at most `piece`, until it has made up its mind.
Progress feed(HeadReader& reader, std::string_view bytes, std::size_t piece = 1'000'000) {
  auto progress = Progress::incomplete;
  while (!bytes.empty() && progress == Progress::incomplete) {
    const auto space = reader.space();
    const std::size_t size = std::min({piece, space.size(), bytes.size()});
    bytes.copy(space.data(), size);
    bytes.remove_prefix(size);
    progress = reader.received(size);
  }
  return progress;
}

// A head of exactly `size` octets.
std::string head_of(std::size_t size) {
  const std::string begin = "HTTP/1.1 200 OK\r\nX: ";
  const std::string end = "\r\n\r\n";
  return begin + std::string(size - begin.size() - end.size(), 'x') + end;
}

TEST(WriteRequest, IsOneGetOnAConnectionOfItsOwn) {
  Target target{"", *IpAddress::parse("192.0.2.20"), "www.example.com", Check{}};
  target.check.path = "/health?deep=1";
  EXPECT_EQ(write_request(target),
            "GET /health?deep=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: rhumb\r\nAccept: */*\r\n"
            "Connection: close\r\n\r\n");
}

TEST(WriteRequest, NamesTheAddressIfThereIsNoHost) {
  Target target{"", *IpAddress::parse("2001:db8::1"), "", Check{}};
  target.check.port = 8080;
  EXPECT_NE(write_request(target).find("\r\nHost: [2001:db8::1]:8080\r\n"), std::string::npos);
}

TEST(WriteRequest, HasTheMethodHostAndHeadersOfTheCheck) {
  Target target{"", *IpAddress::parse("192.0.2.20"), "www.example.com", Check{}};
  target.check.method = Check::Method::head;
  target.check.host = "internal.example";
  target.check.headers = {{"X-Probe", "1"}, {"user-agent", "probe/2"}};
  EXPECT_EQ(write_request(target),
            "HEAD / HTTP/1.1\r\nHost: internal.example\r\nAccept: */*\r\nX-Probe: 1\r\nuser-agent: probe/2\r\n"
            "Connection: close\r\n\r\n");
}

TEST(HeadReader, ReadsTheStatusInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece <= kOk.size(); ++piece) {
    HeadReader reader;
    EXPECT_EQ(feed(reader, kOk, piece), Progress::whole) << piece;
    EXPECT_EQ(reader.status(), 200) << piece;
  }
}

TEST(HeadReader, IsNotDoneBeforeTheLastOctet) {
  for (std::size_t size = 0; size < kOk.size(); ++size) {
    HeadReader reader;
    EXPECT_EQ(feed(reader, kOk.substr(0, size)), Progress::incomplete) << size;
  }
}

TEST(HeadReader, IgnoresTheBody) {
  for (const char* rest :
       {"Content-Length: 99999999999\r\n\r\n<html>", "Transfer-Encoding: chunked\r\n\r\nzzz", "\r\n\r\n"}) {
    HeadReader reader;
    EXPECT_EQ(feed(reader, "HTTP/1.0 404 Not Found\r\n" + std::string(rest)), Progress::whole) << rest;
    EXPECT_EQ(reader.status(), 404);
  }
}

// RFC 9110 §15.2: a client must be able to read any number of 1xx responses before the final one.
TEST(HeadReader, SkipsInterimResponses) {
  const std::string response =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n";
  for (std::size_t piece = 1; piece <= response.size(); ++piece) {
    HeadReader reader;
    EXPECT_EQ(feed(reader, response, piece), Progress::whole) << piece;
    EXPECT_EQ(reader.status(), 503) << piece;
  }
  HeadReader waits;
  EXPECT_EQ(feed(waits, "HTTP/1.1 100 Continue\r\n\r\n"), Progress::incomplete);
}

TEST(HeadReader, SwitchingProtocolsIsFinal) {
  HeadReader reader;
  EXPECT_EQ(feed(reader, "HTTP/1.1 101 Switching Protocols\r\n\r\n"), Progress::whole);
  EXPECT_EQ(reader.status(), 101);
}

TEST(HeadReader, TakesAHeadUpToTheLimitAndNoMore) {
  for (const std::size_t piece : {1U, 100U, 1'000'000U}) {
    HeadReader largest;
    EXPECT_EQ(feed(largest, head_of(kHeadMax), piece), Progress::whole) << piece;
    HeadReader larger;
    EXPECT_EQ(feed(larger, head_of(kHeadMax + 1), piece), Progress::too_long) << piece;
    HeadReader endless_line;
    EXPECT_EQ(feed(endless_line, "HTTP/1.1 200 " + std::string(1'000'000, 'x'), piece), Progress::too_long) << piece;
  }
}

TEST(HeadReader, InterimResponsesShareTheLimit) {
  std::string endless;
  while (endless.size() < 2 * kHeadMax)
    endless += "HTTP/1.1 100 Continue\r\n\r\n";
  for (const std::size_t piece : {1U, 100U, 1'000'000U}) {
    HeadReader reader;
    EXPECT_EQ(feed(reader, endless, piece), Progress::too_long) << piece;
  }
}

TEST(HeadReader, SaysWhatIsMalformed) {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "220 mail.example.com ESMTP ready\r\n", "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 2xx OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "<html><body>It works!</body></html>"}) {
    HeadReader reader;
    EXPECT_EQ(feed(reader, bytes), Progress::malformed) << bytes;
    EXPECT_FALSE(reader.problem().empty()) << bytes;
  }
}

TEST(HeadReader, SurvivesDamagedHeads) {
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string bytes = "HTTP/1.1 100 Continue\r\n\r\n" + std::string(kOk) + std::string(kOk);
    for (std::uint32_t i = random.below(6); i > 0; --i)
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(random.below(256));
    HeadReader reader;
    const Progress progress = feed(reader, bytes, 1 + random.below(40));
    if (progress == Progress::whole) {
      EXPECT_GE(reader.status(), 0);
      EXPECT_LE(reader.status(), 999);
    }
  }
}

}  // namespace
}  // namespace rhumb::health
