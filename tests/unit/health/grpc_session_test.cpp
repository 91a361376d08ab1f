#include "health/grpc_session.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "support/grpc_peer.hpp"

namespace rhumb::health {
namespace {

using Progress = GrpcSession::Progress;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr std::uint8_t kData = 0;
constexpr std::uint8_t kHeaders = 1;
constexpr std::uint8_t kReset = 3;
constexpr std::uint8_t kSettings = 4;
constexpr std::uint8_t kPing = 6;
constexpr std::uint8_t kGoaway = 7;
constexpr std::uint8_t kContinuation = 9;
constexpr std::uint8_t kEndStream = 1;
constexpr std::uint8_t kEndHeaders = 4;
constexpr std::uint32_t kStream = 1;  // the first that a client opens

const GrpcCall kCall{"www.example.com:50051", "mail", false};

// Plays `session` against `peer` until there is a verdict, or nobody has anything to say.
void play(GrpcSession& session, GrpcPeer& peer, std::size_t piece = 1'000'000) {
  while (session.progress() == Progress::incomplete) {
    EXPECT_TRUE(peer.received(session.take_output()));
    std::string answer = peer.take_output();
    if (answer.empty()) return;
    while (!answer.empty() && session.progress() == Progress::incomplete) {
      session.received(answer.substr(0, piece));
      answer.erase(0, std::min(piece, answer.size()));
    }
  }
}

// What a call comes to that is answered so: "serving", or the problem.
std::string outcome_of(const GrpcReply& reply) {
  GrpcPeer peer([&](const GrpcRequest&) { return reply; });
  GrpcSession session(kCall);
  play(session, peer);
  EXPECT_NE(session.progress(), Progress::incomplete);
  return session.progress() == Progress::serving ? "serving" : session.problem();
}

GrpcReply with_body(std::string body) {
  GrpcReply reply;
  reply.body = std::move(body);
  return reply;
}

// RFC 9113 §4.1
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const std::string& payload) {
  std::string result;
  for (const int shift : {16, 8, 0})
    result += static_cast<char>(payload.size() >> shift);
  result += static_cast<char>(type);
  result += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0})
    result += static_cast<char>(stream >> shift);
  return result + payload;
}

std::string number(std::uint32_t value) {
  std::string result;
  for (const int shift : {24, 16, 8, 0})
    result += static_cast<char>(value >> shift);
  return result;
}

// RFC 7541 §6.2.2: a literal field without indexing; name and value are shorter than 127 octets.
std::string literal(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

const std::string kSettingsFrame = frame(kSettings, 0, 0, "");

// What the call comes to if all this is received, as much at once as a probe reads.
std::string outcome_of_octets(const std::string& octets) {
  constexpr std::size_t kPiece = 4'096;
  GrpcSession session(kCall);
  for (std::size_t at = 0; at < octets.size() && session.progress() == Progress::incomplete; at += kPiece) {
    (void)session.take_output();
    session.received(std::string_view(octets).substr(at, kPiece));
  }
  return session.progress() == Progress::failed    ? session.problem()
         : session.progress() == Progress::serving ? "serving"
                                                   : "incomplete";
}

TEST(GrpcSession, AsksForTheHealthOfTheService) {
  GrpcRequest asked;
  GrpcPeer peer([&](const GrpcRequest& request) {
    asked = request;
    return grpc_reply(1);
  });
  GrpcSession session(kCall);
  play(session, peer);
  EXPECT_EQ(session.progress(), Progress::serving);
  EXPECT_EQ(asked.fields[":method"], "POST");
  EXPECT_EQ(asked.fields[":scheme"], "http");
  EXPECT_EQ(asked.fields[":path"], "/grpc.health.v1.Health/Check");
  EXPECT_EQ(asked.fields[":authority"], "www.example.com:50051");
  EXPECT_EQ(asked.fields["content-type"], "application/grpc");
  EXPECT_EQ(asked.fields["te"], "trailers");
  EXPECT_EQ(asked.body, grpc_message("\x0A\x04mail"));
}

TEST(GrpcSession, AsksForTheWholeServerWithoutAService) {
  GrpcRequest asked;
  GrpcPeer peer([&](const GrpcRequest& request) {
    asked = request;
    return grpc_reply(1);
  });
  GrpcSession session({"a", "", true});
  play(session, peer);
  EXPECT_EQ(asked.body, grpc_message(""));
  EXPECT_EQ(asked.fields[":scheme"], "https");
}

TEST(GrpcSession, SendsALongNameWhole) {
  GrpcRequest asked;
  GrpcPeer peer([&](const GrpcRequest& request) {
    asked = request;
    return grpc_reply(1);
  });
  const std::string name(300, 'n');
  GrpcSession session({"a", name, false});
  play(session, peer);
  EXPECT_EQ(asked.body, grpc_message("\x0A\xAC\x02" + name));
}

TEST(GrpcSession, ReadsAnAnswerInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece < 200; ++piece) {
    GrpcPeer peer([](const GrpcRequest&) { return grpc_reply(1); });
    GrpcSession session(kCall);
    play(session, peer, piece);
    EXPECT_EQ(session.progress(), Progress::serving) << piece;
  }
}

TEST(GrpcSession, OnlyServingIsServing) {
  EXPECT_EQ(outcome_of(grpc_reply(0)), "UNKNOWN");
  EXPECT_EQ(outcome_of(grpc_reply(1)), "serving");
  EXPECT_EQ(outcome_of(grpc_reply(2)), "NOT_SERVING");
  EXPECT_EQ(outcome_of(grpc_reply(3)), "SERVICE_UNKNOWN");
  EXPECT_EQ(outcome_of(grpc_reply(9)), "serving status 9");
  EXPECT_EQ(outcome_of(with_body(grpc_message(""))), "UNKNOWN") << "what is not sent is 0";
}

TEST(GrpcSession, SaysWhichErrorItWas) {
  EXPECT_EQ(outcome_of(grpc_error(12, "unknown%20service %E4%0a%zz%")),
            "grpc-status 12 UNIMPLEMENTED: unknown service ??%zz%");
  EXPECT_EQ(outcome_of(grpc_error(5, "")), "grpc-status 5 NOT_FOUND");
  EXPECT_EQ(outcome_of(grpc_error(99, "what")), "grpc-status 99: what");
  EXPECT_EQ(outcome_of(grpc_error(14, std::string(5'000, 'x'))),
            "grpc-status 14 UNAVAILABLE: " + std::string(128, 'x') + "…");
  GrpcReply odd = grpc_reply(1);
  odd.trailers = {{"grpc-status", "zero"}};
  EXPECT_EQ(outcome_of(odd), "grpc-status zero");
  odd.trailers = {{"x-other", "1"}};
  EXPECT_EQ(outcome_of(odd), "no grpc-status in the response");
  odd.trailers = {};
  EXPECT_EQ(outcome_of(odd), "no grpc-status in the response");
}

TEST(GrpcSession, TellsGrpcFromOtherHttp) {
  GrpcReply reply;
  reply.fields = {{":status", "404"}};
  EXPECT_EQ(outcome_of(reply), "HTTP 404");
  reply.fields = {{":status", "200"}, {"content-type", "text/html"}};
  EXPECT_EQ(outcome_of(reply), "no gRPC: content-type \"text/html\"");
  reply.fields = {{":status", "200"}};
  EXPECT_EQ(outcome_of(reply), "no gRPC: content-type \"\"");
  reply.fields = {{":status", "200"}, {"content-type", "application/grpc+proto"}};
  reply.body = grpc_reply(1).body;
  EXPECT_EQ(outcome_of(reply), "serving");
}

TEST(GrpcSession, WantsExactlyOneMessage) {
  const std::string serving = "\x08\x01";
  EXPECT_EQ(outcome_of(with_body("")), "no message in the response");
  EXPECT_EQ(outcome_of(with_body("\1\2")), "a message that is cut off");
  EXPECT_EQ(outcome_of(with_body(grpc_message(serving).substr(0, 6))), "a message that is cut off");
  EXPECT_EQ(outcome_of(with_body(grpc_message(serving) + grpc_message(serving))),
            "more than one message in the response");
  EXPECT_EQ(outcome_of(with_body(grpc_message(serving, true))), "a compressed message, which was not asked for");
}

TEST(GrpcSession, TakesAMessageUpToTheLimitAndNoMore) {
  // A field that is not known: number 2, length-delimited, and its length in three octets.
  const auto message_of = [](std::size_t size) {
    const std::size_t rest = size - 6;
    std::string message = "\x08\x01\x12";
    for (const std::size_t octet : {(rest & 0x7F) | 0x80, ((rest >> 7) & 0x7F) | 0x80, rest >> 14})
      message += static_cast<char>(octet);
    return message + std::string(rest, 'x');
  };
  EXPECT_EQ(outcome_of(with_body(grpc_message(message_of(kGrpcMessageMax)))), "serving");
  EXPECT_EQ(outcome_of(with_body(grpc_message(message_of(kGrpcMessageMax + 1)))), "a message over 4 KiB");
  EXPECT_EQ(outcome_of(with_body(grpc_message(std::string(20'000, 'x')))), "a message over 4 KiB");
  EXPECT_EQ(outcome_of(with_body(grpc_message(std::string(1'000'000, 'x')))), "a response over 64 KiB");
}

TEST(GrpcSession, SkipsFieldsThatItDoesNotKnow) {
  using namespace std::string_literals;
  for (const std::string& message :
       {"\x10\x96\x01\x08\x01"s, "\x19xxxxxxxx\x08\x01"s, "\x12\x03xxx\x08\x01"s, "\x1Dxxxx\x08\x01"s,
        "\x08\x02\x08\x01"s, "\x08\x81\x80\x00"s, "\x08\x01\x12\x00"s}) {
    EXPECT_EQ(outcome_of(with_body(grpc_message(message))), "serving");
  }
  for (const std::string& message : {"\x08"s, "\x08\x81"s, "\x12\x04xxx"s, "\x19xxxxxxx"s, "\x1Dxxx"s, "\x0B\x0C"s,
                                     "\x00\x01"s, "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s, "\x0F"s}) {
    EXPECT_EQ(outcome_of(with_body(grpc_message(message))), "a malformed HealthCheckResponse");
  }
}

TEST(GrpcSession, SaysThatTheServerGoesAway) {
  EXPECT_EQ(outcome_of_octets(kSettingsFrame + frame(kGoaway, 0, 0, number(0) + number(0) + "maintenance\n")),
            "GOAWAY NO_ERROR: maintenance?");
  EXPECT_EQ(outcome_of_octets(kSettingsFrame + frame(kGoaway, 0, 0, number(1) + number(11) + "too_many_pings")),
            "GOAWAY ENHANCE_YOUR_CALM: too_many_pings");
  EXPECT_EQ(outcome_of_octets(kSettingsFrame + frame(kReset, 0, kStream, number(7))),
            "reset by the server: REFUSED_STREAM");
}

// A server in a graceful shutdown announces it first, and answers the calls that it has taken.
TEST(GrpcSession, WaitsForTheAnswerOfAServerThatShutsDownInGoodOrder) {
  const std::string goaway = kSettingsFrame + frame(kGoaway, 0, 0, number(kStream) + number(0));
  EXPECT_EQ(outcome_of_octets(goaway), "incomplete");
  const std::string fields = literal(":status", "200") + literal("content-type", "application/grpc");
  EXPECT_EQ(outcome_of_octets(goaway + frame(kHeaders, kEndHeaders, kStream, fields) +
                              frame(kData, 0, kStream, grpc_message("\x08\x01")) +
                              frame(kHeaders, kEndHeaders | kEndStream, kStream, literal("grpc-status", "0"))),
            "serving");
}

TEST(GrpcSession, SaysWhatIsNoHttp2) {
  EXPECT_EQ(outcome_of_octets("HTTP/1.1 400 Bad Request\r\n\r\n"), "the server speaks HTTP/1, not HTTP/2");
  EXPECT_THAT(outcome_of_octets("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), StartsWith("HTTP/2: "));
  EXPECT_THAT(outcome_of_octets(frame(kPing, 0, 0, "12345678")), StartsWith("HTTP/2: PROTOCOL_ERROR"));
  EXPECT_THAT(outcome_of_octets(kSettingsFrame + frame(kPing, 0, 0, "1234567")),
              StartsWith("HTTP/2: FRAME_SIZE_ERROR"));
  EXPECT_THAT(outcome_of_octets(kSettingsFrame + frame(kHeaders, kEndHeaders, kStream, "\xFF\xFF\xFF\xFF\xFF\xFF")),
              StartsWith("HTTP/2: COMPRESSION_ERROR"));
  EXPECT_THAT(outcome_of_octets(kSettingsFrame + frame(kHeaders, kEndHeaders, kStream, literal("Upper", "x"))),
              StartsWith("HTTP/2: "));
  EXPECT_THAT(outcome_of_octets(kSettingsFrame + frame(kData, 0, kStream, "x")), StartsWith("HTTP/2: "));
}

TEST(GrpcSession, SaysThatTheConnectionWasClosed) {
  GrpcSession session(kCall);
  session.received(kSettingsFrame);
  session.closed();
  EXPECT_EQ(session.progress(), Progress::failed);
  EXPECT_EQ(session.problem(), "closed before the response was whole");
}

TEST(GrpcSession, IsNotKeptBusyForEver) {
  std::string pings = kSettingsFrame;
  std::string fields = kSettingsFrame + frame(kHeaders, 0, kStream, literal(":status", "200"));
  std::string one_by_one = kSettingsFrame;
  for (int i = 0; i < 10'000; ++i) {
    pings += frame(kPing, 0, 0, "12345678");
    fields += frame(kContinuation, 0, kStream, literal("x", std::string(100, 'x')));
    one_by_one +=
        frame(kHeaders, kEndHeaders, kStream, literal(":status", "103") + literal("x", std::string(100, 'x')));
  }
  EXPECT_EQ(outcome_of_octets(pings), "a response over 64 KiB");
  EXPECT_THAT(outcome_of_octets(fields), MatchesRegex("HTTP/2: .*|header fields over 16 KiB"));
  EXPECT_EQ(outcome_of_octets(one_by_one), "header fields over 16 KiB");
}

// A field in the dynamic table costs one octet to name: 4,000 octets of it are named 10,000 times.
TEST(GrpcSession, DecodesNoMoreFieldsThanTheLimit) {
  const std::string value(3'000, 'x');
  // RFC 7541 §6.2.1 with incremental indexing, and a length of more than 126 octets (§5.1).
  std::string payload = literal(":status", "200");
  payload += std::string("\x40\x01x\x7F", 4);
  const std::size_t rest = value.size() - 127;
  payload += static_cast<char>((rest & 0x7F) | 0x80);
  payload += static_cast<char>(rest >> 7);
  payload += value + std::string(10'000, '\xBE');
  EXPECT_EQ(outcome_of_octets(kSettingsFrame + frame(kHeaders, kEndHeaders, kStream, payload)),
            "header fields over 16 KiB");
}

TEST(GrpcSession, SurvivesDamagedAnswers) {
  GrpcSession usual(kCall);
  GrpcPeer peer([](const GrpcRequest&) { return grpc_error(12, "unknown service"); });
  ASSERT_TRUE(peer.received(usual.take_output()));
  const std::string whole = peer.take_output();
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string octets = whole;
    for (std::uint32_t i = 1 + random.below(6); i > 0; --i)
      octets[random.below(static_cast<std::uint32_t>(octets.size()))] = static_cast<char>(random.below(256));
    GrpcSession session(kCall);
    const std::size_t piece = 1 + random.below(40);
    for (std::size_t at = 0; at < octets.size() && session.progress() == Progress::incomplete; at += piece)
      session.received(octets.substr(at, piece));
    ASSERT_NE(session.progress(), Progress::serving);
    for (const char c : session.problem())
      ASSERT_TRUE(c >= ' ' && c < 0x7F) << session.problem();
  }
}

}  // namespace
}  // namespace rhumb::health
