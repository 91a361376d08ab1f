// What an operator's settings do to answers.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "answer/responder.hpp"
#include "dns/edns.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using dns::Message;
using testing::Contains;
using testing::ElementsAre;
using testing::Key;
using testing::Not;
using testing::SizeIs;
namespace option = dns::option;
namespace type = dns::type;

constexpr dns::Type kTxt = 16;
constexpr std::uint32_t kNow_s = 1'700'000'000;

const Client kClient{IpAddress::v4(0xC6336401), Transport::udp, kNow_s};
const SipKey kSecret{1, 2, 3};

Message option_octets(std::uint16_t code, const Message& content = {}) {
  Message octets;
  dns::append_u16(octets, code);
  dns::append_u16(octets, static_cast<std::uint16_t>(content.size()));
  octets.insert(octets.end(), content.begin(), content.end());
  return octets;
}

Message query_with(const Message& option, std::string_view name = "www.example.com", dns::Type of_type = type::kA) {
  Message query = dns::query_message(name, of_type);
  dns::append_opt(query, option);
  return query;
}

// NSID, a cookie, and the longest client subnet.
Message all_options() {
  Message options = option_octets(option::kNsid);
  for (const Message& more :
       {option_octets(option::kCookie, Message(40)),
        dns::client_subnet_option(2, 128, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})})
    options.insert(options.end(), more.begin(), more.end());
  return options;
}

class SettingsTest : public testing::Test {
 protected:
  SettingsTest()
      : snapshot_{zone::Zones({make_zone("example.com",
                                         "$TTL 300\n"
                                         "@ SOA ns1 hostmaster 7 7200 900 1209600 60\n"
                                         "@ NS ns1\n"
                                         "ns1 A 192.0.2.53\n"
                                         "www A 192.0.2.1\n")},
                              42),
                  {},
                  {},
                  std::make_shared<health::Board>(0)},
        asker_(snapshot_) {}

  Settings& settings() { return snapshot_.settings; }

  test::Response ask_chaos(std::string_view name) {
    Message query = dns::query_message(name, kTxt);
    query.back() = static_cast<std::uint8_t>(dns::kClassCh);
    return asker_.ask(query);
  }

  Snapshot snapshot_;
  Asker asker_;
};

// The parts of a cookie as the next query brings them.
dns::Cookie as_sent(const std::vector<std::uint8_t>& cookie) {
  dns::Cookie result{};
  std::copy_n(cookie.begin(), dns::kClientCookieSize, result.client.begin());
  std::copy(cookie.begin() + dns::kClientCookieSize, cookie.end(), result.server.begin());
  result.server_size = static_cast<std::uint8_t>(cookie.size() - dns::kClientCookieSize);
  return result;
}

// RFC 7873 §5.2.3, RFC 9018 §4.
TEST_F(SettingsTest, ACookieIsGivenThatHoldsForThisClientNow) {
  settings().cookies.emplace(std::vector{kSecret});
  const Message client_cookie{1, 2, 3, 4, 5, 6, 7, 8};
  const auto response = asker_.ask(query_with(option_octets(option::kCookie, client_cookie)), kClient);
  EXPECT_THAT(response.answer, SizeIs(1));
  const auto& cookie = response.options.at(option::kCookie);
  ASSERT_THAT(cookie, SizeIs(24));
  EXPECT_TRUE(std::equal(client_cookie.begin(), client_cookie.end(), cookie.begin()));
  const dns::Cookie sent = as_sent(cookie);
  EXPECT_TRUE(settings().cookies->is_valid(sent, kClient.address, kNow_s));
  EXPECT_FALSE(settings().cookies->is_valid(sent, IpAddress::v4(0xC6336402), kNow_s));
  EXPECT_EQ(load_u32(sent.server.data() + 4), kNow_s);
}

TEST_F(SettingsTest, ACookieOfNobodysGetsItsAnswerAndAGoodOne) {
  settings().cookies.emplace(std::vector{kSecret});
  const auto response = asker_.ask(query_with(option_octets(option::kCookie, Message(24, 7))), kClient);
  EXPECT_EQ(response.rcode, "NOERROR");
  EXPECT_THAT(response.answer, SizeIs(1));
  EXPECT_TRUE(settings().cookies->is_valid(as_sent(response.options.at(option::kCookie)), kClient.address, kNow_s));
}

TEST_F(SettingsTest, ACookieIsAnsweredWhateverTheRcode) {
  settings().cookies.emplace(std::vector{kSecret});
  for (const auto* name : {"nope.example.com", "example.org"}) {
    const auto response = asker_.ask(query_with(option_octets(option::kCookie, Message(8)), name), kClient);
    EXPECT_THAT(response.options, Contains(Key(option::kCookie))) << name;
  }
}

TEST_F(SettingsTest, WithoutSecretsCookiesAreIgnored) {
  const auto response = asker_.ask(query_with(option_octets(option::kCookie, Message(8))), kClient);
  EXPECT_THAT(response.answer, SizeIs(1));
  EXPECT_THAT(response.options, Not(Contains(Key(option::kCookie))));
}

// RFC 5001 §2.3.
TEST_F(SettingsTest, TheIdentityIsToldAsNsidToWhoAsks) {
  settings().identity = "lon-7";
  EXPECT_THAT(asker_.ask(query_with(option_octets(option::kNsid))).options.at(option::kNsid),
              ElementsAre('l', 'o', 'n', '-', '7'));
  EXPECT_THAT(asker_.ask(query_with({})).options, testing::IsEmpty());
}

// The largest of everything, and the longest question: header, question and OPT fit the smallest message.
TEST_F(SettingsTest, AllThatAnOptCanHoldFitsTheSmallestMessage) {
  settings().identity = std::string(dns::kNsidMax, 'i');
  settings().cookies.emplace(std::vector{kSecret});
  const std::string label(63, 'a');
  Message query =
      dns::query_message(label + "." + label + "." + label + "." + std::string(49, 'a') + ".example.com", type::kA);
  ASSERT_EQ(query.size(), dns::kHeaderSize + dns::kNameMax + 4);
  dns::append_opt(query, all_options(), dns::kUdpPayloadMin);
  const auto response = asker_.ask(query, kClient);
  EXPECT_LE(response.size, dns::kUdpPayloadMin);
  EXPECT_THAT(response.options, SizeIs(3));
  EXPECT_EQ(response.rcode, "NXDOMAIN");
  EXPECT_TRUE(response.tc) << "there is no room for the SOA";
}

// What a zone may have can be answered over TCP, whatever else the response has to say.
TEST_F(SettingsTest, TheLargestRrsetFitsOverTcpWithAllOptions) {
  const std::string label(63, 'a');
  const std::string owner = label + "." + label + "." + label + "." + std::string(49, 'a');
  std::string records;
  const auto add = [&](std::size_t rdata_size) {
    records += owner + " 300 TXT";
    for (; rdata_size > 0; rdata_size -= std::min<std::size_t>(rdata_size, 251))
      records += fmt::format(" \"{:0{}}\"", records.size(), std::min<std::size_t>(rdata_size, 251) - 1);
    records += "\n";
  };
  std::size_t left = zone::kRecordsMax;
  for (; left > 1'100; left -= dns::kStoredRecordFixedSize + 1'004)
    add(1'004);
  add(left - dns::kStoredRecordFixedSize);
  snapshot_.zones = zone::Zones({make_zone("example.com",
                                           "@ 300 SOA ns1 hostmaster 7 7200 900 1209600 60\n"
                                           "@ 300 NS ns1.example.org.\n" +
                                               records)},
                                42);
  settings().identity = std::string(dns::kNsidMax, 'i');
  settings().cookies.emplace(std::vector{kSecret});
  Message options = all_options();
  const Message keepalive = option_octets(option::kTcpKeepalive);
  options.insert(options.end(), keepalive.begin(), keepalive.end());
  const auto response =
      asker_.ask(query_with(options, owner + ".example.com", kTxt), {kClient.address, Transport::tcp});
  EXPECT_FALSE(response.tc);
  EXPECT_EQ(response.size, dns::kMessageMax);
  EXPECT_THAT(response.options, SizeIs(4));
}

// Sixteen bits of 100 ms: a day must not come out as twenty minutes.
TEST_F(SettingsTest, KeepaliveTellsTheLongestTimeItCanHold) {
  settings().tcp_idle = std::chrono::hours(24);
  EXPECT_THAT(asker_.ask(query_with(option_octets(option::kTcpKeepalive)), {IpAddress::v4(1), Transport::tcp})
                  .options.at(option::kTcpKeepalive),
              ElementsAre(0xFF, 0xFF));
}

// RFC 7828 §3.3.2: in units of 100 ms.
TEST_F(SettingsTest, KeepaliveTellsTheIdleTimeOverTcp) {
  settings().tcp_idle = std::chrono::milliseconds(12'340);
  const Message query = query_with(option_octets(option::kTcpKeepalive));
  EXPECT_THAT(asker_.ask(query, {IpAddress::v4(1), Transport::tcp}).options.at(option::kTcpKeepalive),
              ElementsAre(0, 123));
  EXPECT_THAT(asker_.ask(query, {IpAddress::v4(1), Transport::udp}).options, testing::IsEmpty());
}

// RFC 4892.
TEST_F(SettingsTest, ChaosTellsWhatIsSet) {
  settings().identity = "lon-7";
  settings().version = std::string(255, 'v');
  for (const auto* name : {"id.server", "hostname.bind", "HOSTNAME.Bind"}) {
    const auto response = ask_chaos(name);
    EXPECT_FALSE(response.aa);
    EXPECT_THAT(response.answer, ElementsAre(std::string(name) + ". 0 CH TXT \"lon-7\""));
  }
  for (const auto* name : {"version.server", "version.bind"})
    EXPECT_THAT(ask_chaos(name).answer, ElementsAre(std::string(name) + ". 0 CH TXT \"" + settings().version + "\""));
  settings().identity.clear();
  EXPECT_EQ(ask_chaos("id.server").rcode, "REFUSED");
  EXPECT_EQ(ask_chaos("version.server").rcode, "NOERROR") << "each has its own setting";
}

}  // namespace
}  // namespace rhumb::answer
