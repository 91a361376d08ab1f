#include "config/masked.hpp"

#include <gtest/gtest.h>

namespace rhumb::config {
namespace {

TEST(Masked, ShowsNoSecrets) {
  const Json document = Json::parse(R"({
    "cookies": {"secrets": ["e5e9"]}, "checks": {"web": {"headers": {"Authorization": "Basic x"}, "path": "/"}},
    "events": {"webhooks": [{"url": "https://a/", "secret": "s3cr3t"}]}})");
  const Json shown = Json::parse(masked(document));
  EXPECT_EQ(shown, Json::parse(R"({
    "cookies": {"secrets": ["***"]}, "checks": {"web": {"headers": {"Authorization": "***"}, "path": "/"}},
    "events": {"webhooks": [{"url": "https://a/", "secret": "***"}]}})"));
}

}  // namespace
}  // namespace rhumb::config
