#include "health/redirect.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

Target asked(Check::Type type = Check::Type::http, std::uint16_t port = 80, const std::string& path = "/a/b/c?q=1") {
  Target target{"", *IpAddress::parse("192.0.2.20"), "www.example.com", Check{}};
  target.check.type = type;
  target.check.port = port;
  target.check.path = path;
  return target;
}

TEST(Follow, ResolvesAReferenceAsRfc3986Does) {
  for (const auto& [location, path] : {std::pair("/x", "/x"),
                                       {"d", "/a/b/d"},
                                       {"./d", "/a/b/d"},
                                       {"../d", "/a/d"},
                                       {"../../../d", "/d"},
                                       {"..", "/a/"},
                                       {".", "/a/b/"},
                                       {"d/./e/../f?x=../y", "/a/b/d/f?x=../y"},
                                       {"/x/../y//z", "/y//z"},
                                       {"?q=2", "/a/b/c?q=2"},
                                       {"", "/a/b/c?q=1"},
                                       {"#top", "/a/b/c?q=1"},
                                       {"/x#top", "/x"},
                                       {"/x?at=10:30", "/x?at=10:30"},
                                       {"./10:30", "/a/b/10:30"}}) {
    EXPECT_EQ(follow(asked(), location), path) << location;
  }
}

TEST(Follow, TakesTheSameSchemeHostAndPort) {
  for (const char* location : {"http://www.example.com/x", "HTTP://WWW.Example.COM/x", "//www.example.com/x",
                               "http://www.example.com:80/x", "http://www.example.com:/x"}) {
    EXPECT_EQ(follow(asked(), location), "/x") << location;
  }
  EXPECT_EQ(follow(asked(), "http://www.example.com"), "/");
  EXPECT_EQ(follow(asked(), "http://www.example.com?q"), "/?q");
  EXPECT_EQ(follow(asked(Check::Type::https, 443), "https://www.example.com/x"), "/x");
}

// A server behind another port than its own knows itself by the Host field only.
TEST(Follow, TakesTheHostFieldsPortAndTheChecks) {
  const Target target = asked(Check::Type::http, 8080);
  EXPECT_EQ(follow(target, "http://www.example.com:8080/x"), "/x");
  EXPECT_EQ(follow(target, "http://www.example.com/x"), "/x");
  EXPECT_EQ(follow(target, "http://www.example.com:81/x"), std::nullopt);
  Target with_port = target;
  with_port.check.host = "internal.example:9000";
  EXPECT_EQ(follow(with_port, "http://internal.example:9000/x"), "/x");
  EXPECT_EQ(follow(with_port, "http://internal.example/x"), std::nullopt);
  Target of_address = target;
  of_address.host.clear();
  of_address.address = *IpAddress::parse("2001:db8::1");
  EXPECT_EQ(follow(of_address, "http://[2001:db8::1]:8080/x"), "/x");
  EXPECT_EQ(follow(of_address, "http://[2001:db8::2]:8080/x"), std::nullopt);
}

TEST(Follow, GoesNowhereElse) {
  for (const char* location :
       {"https://www.example.com/x", "http://other.example/x", "//other.example/x", "http://192.0.2.20/x",
        "http://www.example.com:81/x", "http://www.example.com:99999/x", "http://www.example.com:8x/x",
        "http://www.example.com@other.example/x", "http://user@www.example.com/x", "http:/x", "http:x", "http:///x",
        "ftp://www.example.com/x", "javascript:alert(1)", "http://www.example.com.other.example/x"}) {
    EXPECT_EQ(follow(asked(), location), std::nullopt) << location;
  }
  EXPECT_EQ(follow(asked(Check::Type::https, 443), "http://www.example.com/x"), std::nullopt);
}

TEST(Follow, AsksForNothingThatCannotBeSent) {
  for (const std::string location : {"/a b", "/a\tb", "/\x7f", "/\xc3\xa4"})
    EXPECT_EQ(follow(asked(), location), std::nullopt) << location;
  EXPECT_EQ(follow(asked(), std::string("/a\r\nX: y")), std::nullopt);
  EXPECT_NE(follow(asked(), '/' + std::string(kRedirectPathMax - 1, 'x')), std::nullopt);
  EXPECT_EQ(follow(asked(), '/' + std::string(kRedirectPathMax, 'x')), std::nullopt);
}

TEST(IsRedirect, IsOneWithALocationToGoTo) {
  for (const int status : {301, 302, 303, 307, 308})
    EXPECT_TRUE(is_redirect(status)) << status;
  for (const int status : {200, 300, 304, 305, 306, 309, 404})
    EXPECT_FALSE(is_redirect(status)) << status;
}

}  // namespace
}  // namespace rhumb::health
