#include "control/url.hpp"

#include <gtest/gtest.h>

namespace rhumb::control {
namespace {

TEST(Url, HasHostPortAndTarget) {
  const auto url = parse_url("https://hooks.example.com:8443/rhumb?team=dns");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_https);
  EXPECT_EQ(url->host, "hooks.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->authority, "hooks.example.com:8443");
  EXPECT_EQ(url->target, "/rhumb?team=dns");
  EXPECT_EQ(url->origin(), "https://hooks.example.com:8443");
}

TEST(Url, HasTheUsualPortAndTarget) {
  const auto plain = parse_url("http://localhost");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->target, "/");
  EXPECT_EQ(plain->origin(), "http://localhost");
  EXPECT_EQ(parse_url("https://localhost/").value().port, 443);
}

TEST(Url, TakesAddresses) {
  EXPECT_EQ(parse_url("http://192.0.2.1:81/x").value().host, "192.0.2.1");
  const auto v6 = parse_url("http://[2001:db8::1]:81/x");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->port, 81);
  EXPECT_EQ(v6->authority, "[2001:db8::1]:81");
  EXPECT_EQ(parse_url("http://[::1]").value().port, 80);
}

TEST(Url, IsNothingElse) {
  for (const char* text : {"",
                           "/x",
                           "hooks.example.com",
                           "ftp://a/",
                           "HTTP://a/",
                           "http:/a",
                           "http://",
                           "http:///x",
                           "http://a:/",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:80x/",
                           "http://a:-1/",
                           "http://user@a/",
                           "http://user:word@a/",
                           "http://a/#part",
                           "http://a/x y",
                           "http://a/\x01",
                           "http://a/\xc3\xa9",
                           "http://\xc3\xa9/",
                           "http://a?x",
                           "http://[::1",
                           "http://[192.0.2.1]/",
                           "http://[x]/",
                           "http://[::1]x/",
                           "http://a/\r\nX: y"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
  const std::string start = "http://a/";
  EXPECT_TRUE(parse_url(start + std::string(kUrlMax - start.size(), 'x')));
  EXPECT_FALSE(parse_url(start + std::string(kUrlMax - start.size() + 1, 'x')));
}

}  // namespace
}  // namespace rhumb::control
