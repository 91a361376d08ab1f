#include "control/http_caller.hpp"

#include <gtest/gtest.h>

namespace rhumb::control {
namespace {

class Identify : public testing::Test {
 protected:
  [[nodiscard]] Caller identify(std::string_view authorization, std::string_view host = "localhost",
                                std::string_view peer = "127.0.0.1:4711") const {
    return control::identify({authorization, host, Endpoint::parse(peer).value()}, tokens_);
  }
  Tokens tokens_{read_tokens(token_line(Role::operate, "deploy", "secret")).tokens};
};

TEST_F(Identify, TakesATokenForWhoItIs) {
  const Caller caller = identify("bearer secret", "api.example.com", "192.0.2.7:4711");
  EXPECT_EQ(caller.name, "deploy");
  EXPECT_EQ(caller.role, Role::operate);
  EXPECT_EQ(caller.from, "192.0.2.7:4711");
}

TEST_F(Identify, TakesATokenThatIsNotKnownForNobodyEvenFromHere) {
  for (const char* authorization : {"Bearer x", "Bearer", "Basic secret", "secret", "Bearer  secret"})
    EXPECT_EQ(identify(authorization).role, Role::nobody) << authorization;
}

TEST_F(Identify, LetsThisMachineRead) {
  for (const char* host : {"localhost", "LOCALHOST:8053", "127.0.0.1:8053", "[::1]", "[::1]:8053"})
    EXPECT_EQ(identify("", host).role, Role::read) << host;
  EXPECT_EQ(identify("", "localhost", "[::1]:4711").role, Role::read);
  EXPECT_EQ(identify("", "localhost", "192.0.2.7:4711").role, Role::nobody);
  EXPECT_EQ(identify("", "localhost", "[::2]:4711").role, Role::nobody);
}

TEST_F(Identify, DoesNotLetABrowserHereReadForAStrangersPage) {
  for (const char* host : {"", "evil.example.com", "localhost.evil.example.com", "127.0.0.1.evil.example.com", "["})
    EXPECT_EQ(identify("", host).role, Role::nobody) << host;
}

}  // namespace
}  // namespace rhumb::control
