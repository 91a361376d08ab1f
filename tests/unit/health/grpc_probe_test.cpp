#include "health/grpc_probe.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/grpc_peer.hpp"
#include "support/probe_run.hpp"

namespace rhumb::health {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;
using Kind = Outcome::Kind;

Target grpc_target(std::uint16_t port) {
  Target target = http_target(port);
  target.check.type = Check::Type::grpc;
  return target;
}

TEST(GrpcProbe, AsksAServerForItsHealth) {
  GrpcRequest asked;
  const Backend backend(scripts::grpc([&](const GrpcRequest& request) {
    asked = request;
    return grpc_reply(1);
  }));
  Target target = grpc_target(backend.port());
  target.check.service = "mail";
  target.check.host = "mail.example.com:50051";
  const Outcome outcome = probe_now(target).outcome;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_THAT(outcome.evidence, MatchesRegex("SERVING in [0-9.]+m?s"));
  EXPECT_EQ(asked.fields[":authority"], "mail.example.com:50051");
  EXPECT_EQ(asked.body, grpc_message("\x0A\x04mail"));
}

TEST(GrpcProbe, FailsIfTheServerDoesNotServe) {
  const Backend down(scripts::grpc([](const GrpcRequest&) { return grpc_reply(2); }));
  EXPECT_EQ(probe_now(grpc_target(down.port())).outcome.evidence, "NOT_SERVING");
  const Backend without(scripts::grpc([](const GrpcRequest&) { return grpc_error(12, "unknown service"); }));
  const Outcome outcome = probe_now(grpc_target(without.port())).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "grpc-status 12 UNIMPLEMENTED: unknown service");
}

TEST(GrpcProbe, FailsIfTheOtherSideIsNoSuchServer) {
  const Backend http(scripts::answer("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_EQ(probe_now(grpc_target(http.port())).outcome.evidence, "the server speaks HTTP/1, not HTTP/2");
  const Backend closing(scripts::close_at_once());
  EXPECT_EQ(probe_now(grpc_target(closing.port())).outcome.evidence, "closed before the response was whole");
  EXPECT_EQ(probe_now(grpc_target(closed_port())).outcome.evidence, "connect: Connection refused");
}

TEST(GrpcProbe, TakesNoLongerThanItsTimeout) {
  const Backend silent(scripts::silent());
  EXPECT_EQ(probe_now(impatient(grpc_target(silent.port()))).outcome.evidence,
            "timeout after 150ms waiting for the response");
}

TEST(GrpcProbe, EndsWhenItIsAborted) {
  const Backend silent(scripts::silent());
  ProbeRun run(patient(grpc_target(silent.port())));
  const auto outcome = run.abort_when([&] { return silent.open() == 1; });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, Kind::inconclusive);
}

}  // namespace
}  // namespace rhumb::health
