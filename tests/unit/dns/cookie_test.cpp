#include "dns/cookie.hpp"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhumb::dns {
namespace {

std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> octets;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    octets.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return octets;
}

SipKey secret(std::string_view text) {
  SipKey key;
  std::ranges::copy(from_hex(text), key.begin());
  return key;
}

Cookie cookie(std::string_view client, std::string_view server = "") {
  Cookie result{};
  std::ranges::copy(from_hex(client), result.client.begin());
  const auto octets = from_hex(server);
  std::ranges::copy(octets, result.server.begin());
  result.server_size = static_cast<std::uint8_t>(octets.size());
  return result;
}

std::vector<std::uint8_t> server_part(const ResponseCookie& made) {
  return {made.begin() + kClientCookieSize, made.end()};
}

const SipKey kSecret = secret("e5e973e5a6b2a43f48e7dc849e37bfcf");

// RFC 9018 appendix A: what servers of other makers make and take.
TEST(Cookie, AgreesWithTheRfcsExamples) {
  const CookieSecrets secrets({kSecret});
  const auto client = *IpAddress::parse("198.51.100.100");
  EXPECT_EQ(server_part(secrets.make(cookie("2464c4abcf10c957"), client, 1'559'731'985)),
            from_hex("010000005cf79f111f8130c3eee29480"));

  // A.3: another maker's reserved octets are not zero.
  EXPECT_TRUE(secrets.is_valid(cookie("fc93fc62807ddb86", "01abcdef5cf78f71a314227b6679ebf5"),
                               *IpAddress::parse("203.0.113.203"), 1'559'728'000));

  // A.4: IPv6, and a secret that is being rolled.
  const CookieSecrets rolled({secret("445536bcd2513298075a5d379663c962"), secret("dd3bdf9344b678b185a6f5cb60fca715")});
  const auto client_v6 = *IpAddress::parse("2001:db8:220:1:59de:d0f4:8769:82b8");
  EXPECT_TRUE(
      rolled.is_valid(cookie("22681ab97d52c298", "010000005cf7c57926556bd0934c72f8"), client_v6, 1'559'741'961));
  EXPECT_EQ(server_part(rolled.make(cookie("22681ab97d52c298"), client_v6, 1'559'741'961)),
            from_hex("010000005cf7c609a6bb79d16625507a"));
}

TEST(Cookie, HoldsForItsClientAndItsTimeOnly) {
  const CookieSecrets secrets({kSecret});
  const auto client = IpAddress::v4(0xC6336464);
  constexpr std::uint32_t kNow = 1'559'731'985;
  Cookie mine = cookie("2464c4abcf10c957", "010000005cf79f111f8130c3eee29480");
  EXPECT_TRUE(secrets.is_valid(mine, client, kNow));
  EXPECT_TRUE(secrets.is_valid(mine, client, kNow + 3'600));
  EXPECT_FALSE(secrets.is_valid(mine, client, kNow + 3'601)) << "RFC 9018 §4.3: an hour";
  EXPECT_TRUE(secrets.is_valid(mine, client, kNow - 300));
  EXPECT_FALSE(secrets.is_valid(mine, client, kNow - 301)) << "and five minutes for clocks that go wrong";
  EXPECT_FALSE(secrets.is_valid(mine, IpAddress::v4(0xC6336465), kNow));
  EXPECT_FALSE(CookieSecrets({secret("00000000000000000000000000000000")}).is_valid(mine, client, kNow));
  for (std::size_t i = 0; i < kServerCookieSize; ++i) {
    Cookie changed = mine;
    changed.server[i] ^= 1;
    EXPECT_FALSE(secrets.is_valid(changed, client, kNow)) << i;
  }
  mine.server_size = 0;
  EXPECT_FALSE(secrets.is_valid(mine, client, kNow));
}

TEST(Cookie, DerivedSecretsRollWithoutAGap) {
  const CookieSecrets secrets = CookieSecrets::derived_from(kSecret);
  const auto client = IpAddress::v4(1);
  const std::uint32_t midnight = 20'000 * CookieSecrets::kSecretPeriod;
  for (const std::uint32_t made_s : {midnight - 1, midnight}) {
    const auto made = server_part(secrets.make(cookie("2464c4abcf10c957"), client, made_s));
    Cookie mine = cookie("2464c4abcf10c957");
    std::ranges::copy(made, mine.server.begin());
    mine.server_size = kServerCookieSize;
    EXPECT_TRUE(secrets.is_valid(mine, client, midnight + 100)) << made_s;
    EXPECT_FALSE(CookieSecrets({kSecret}).is_valid(mine, client, midnight + 100))
        << "the master makes no cookie itself";
  }
}

}  // namespace
}  // namespace rhumb::dns
