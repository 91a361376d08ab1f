#include "health/dns_probe.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backend.hpp"
#include "support/dns_answer.hpp"
#include "support/probe_run.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using ::testing::MatchesRegex;
using Kind = Outcome::Kind;
using test::answer_to;
using test::Octets;

udp::endpoint endpoint_at(const IpAddress& address, std::uint16_t port = 0) {
  return {asio::ip::address_v4(address.as_v4()), port};
}

// A UDP server on a thread of its own, which answers each query with what `respond` makes of it.
class UdpServer {
 public:
  using Respond = std::function<std::vector<Octets>(const Octets& query)>;

  explicit UdpServer(Respond respond, std::uint16_t port = 0)
      : respond_(std::move(respond)), socket_(context_, endpoint_at(backend_address(), port)) {
    receive();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~UdpServer() {
    context_.stop();
    thread_.join();
  }
  UdpServer(const UdpServer&) = delete;
  UdpServer& operator=(const UdpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return socket_.local_endpoint().port(); }
  [[nodiscard]] int received() const noexcept { return received_; }

 private:
  void receive() {
    query_.resize(512);
    socket_.async_receive_from(asio::buffer(query_), client_,
                               [this](const boost::system::error_code& error, std::size_t size) {
                                 if (error) return;
                                 ++received_;
                                 query_.resize(size);
                                 for (const Octets& response : respond_(query_))
                                   socket_.send_to(asio::buffer(response), client_);
                                 receive();
                               });
  }

  Respond respond_;
  asio::io_context context_{1};
  udp::socket socket_;
  udp::endpoint client_;
  Octets query_;
  std::atomic<int> received_ = 0;
  std::thread thread_;
};

std::vector<Octets> answer(const Octets& query) {
  return {answer_to(query)};
}

std::vector<Octets> truncate(const Octets& query) {
  Octets response = answer_to(query, {});
  response[2] |= 0x02;
  return {response};
}

Target dns_target(std::uint16_t port) {
  Target target = tcp_target(port);
  target.check.type = Check::Type::dns;
  target.check.query = *dns::Name::from_text("www.example.com");
  target.check.expected_answer = "192.0.2.1";
  return target;
}

// Answers one query over TCP with what `respond` makes of it.
Backend::Script over_tcp(const std::function<Octets(const Octets&)>& respond) {
  return [respond](asio::ip::tcp::socket& socket) -> asio::awaitable<void> {
    std::array<std::uint8_t, 2> length{};
    co_await asio::async_read(socket, asio::buffer(length), asio::use_awaitable);
    Octets query(static_cast<std::size_t>(length[0] << 8 | length[1]));
    co_await asio::async_read(socket, asio::buffer(query), asio::use_awaitable);
    const Octets response = respond(query);
    co_await asio::async_write(socket, asio::buffer(response), asio::use_awaitable);
  };
}

Backend::Script answering_over_tcp() {
  return over_tcp([](const Octets& query) { return test::with_length(answer_to(query)); });
}

TEST(DnsProbe, AsksOverUdp) {
  const UdpServer server(answer);
  const Outcome outcome = probe_now(dns_target(server.port())).outcome;
  EXPECT_EQ(outcome.kind, Kind::success);
  EXPECT_THAT(outcome.evidence, MatchesRegex("DNS NOERROR in [0-9.]+m?s"));
  EXPECT_EQ(server.received(), 1);
}

TEST(DnsProbe, FailsIfTheAnswerIsAnother) {
  const UdpServer server([](const Octets& query) { return std::vector<Octets>{answer_to(query, {{192, 0, 2, 2}})}; });
  EXPECT_EQ(probe_now(dns_target(server.port())).outcome.evidence,
            "DNS NOERROR, but no record of the answer is \"192.0.2.1\"");
}

TEST(DnsProbe, ChoosesEachIdentifierAnew) {
  std::set<std::pair<std::uint8_t, std::uint8_t>> identifiers;
  std::mutex mutex;
  const UdpServer server([&](const Octets& query) {
    const std::lock_guard lock(mutex);
    identifiers.emplace(query[0], query[1]);
    return answer(query);
  });
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(probe_now(dns_target(server.port())).outcome.kind, Kind::success);
  const std::lock_guard lock(mutex);
  EXPECT_GE(identifiers.size(), 14U) << "16 numbers of 65536 are seldom equal, and three more seldom still";
}

TEST(DnsProbe, IsNotDeceivedByWhatAnswersAnotherQuestion) {
  const UdpServer server([](const Octets& query) {
    Octets other_id = answer_to(query, {{192, 0, 2, 66}});
    other_id[0] ^= 1;
    Octets other_name = answer_to(query, {{192, 0, 2, 66}});
    other_name[13] = 'x';
    return std::vector<Octets>{other_id, other_name, {1, 2, 3}, {}, answer_to(query)};
  });
  EXPECT_EQ(probe_now(dns_target(server.port())).outcome.kind, Kind::success);
}

TEST(DnsProbe, IsNotDeceivedByAnotherSource) {
  asio::io_context context;
  udp::socket deceiver(context, endpoint_at(test::loopback(2)));
  udp::endpoint client;
  // Answers in the place of a silent server, whose query it has seen.
  udp::socket silent(context, endpoint_at(backend_address()));
  std::thread thread([&] {
    Octets query(512);
    query.resize(silent.receive_from(asio::buffer(query), client));
    deceiver.send_to(asio::buffer(answer_to(query)), client);
  });
  const Outcome outcome = probe_now(impatient(dns_target(silent.local_endpoint().port()))).outcome;
  thread.join();
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "timeout after 150ms waiting for the response");
}

TEST(DnsProbe, GivesUpOnASilentServer) {
  const UdpServer server([](const Octets&) { return std::vector<Octets>{}; });
  const Probed probed = probe_now(impatient(dns_target(server.port())));
  EXPECT_EQ(probed.outcome.kind, Kind::failure);
  EXPECT_EQ(probed.outcome.evidence, "timeout after 150ms waiting for the response");
  EXPECT_LT(probed.steps, 50U);
}

TEST(DnsProbe, FailsAtAClosedPort) {
  const Outcome outcome = probe_now(dns_target(closed_port())).outcome;
  EXPECT_EQ(outcome.kind, Kind::failure);
  EXPECT_EQ(outcome.evidence, "waiting for the response: Connection refused");
}

TEST(DnsProbe, AsksOverTcpIfTheResponseIsTruncated) {
  const Backend over_tcp(answering_over_tcp());
  const UdpServer over_udp(truncate, over_tcp.port());
  EXPECT_EQ(probe_now(dns_target(over_tcp.port())).outcome.kind, Kind::success);
  EXPECT_EQ(over_udp.received(), 1);
  EXPECT_EQ(over_tcp.accepted(), 1);
}

TEST(DnsProbe, AsksOverTcpAtOnceIfToldSo) {
  const Backend over_tcp(answering_over_tcp());
  const UdpServer over_udp(answer, over_tcp.port());
  Target target = dns_target(over_tcp.port());
  target.check.is_over_tcp = true;
  EXPECT_THAT(probe_now(target).outcome.evidence, MatchesRegex("DNS NOERROR in [0-9.]+m?s"));
  EXPECT_EQ(over_udp.received(), 0);
}

TEST(DnsProbe, SaysWhatIsWrongOverTcp) {
  for (const auto& [script, evidence] :
       {std::pair<Backend::Script, std::string>(scripts::close_at_once(), "closed before the response was whole"),
        {over_tcp([](const Octets& query) {
           Octets cut = test::with_length(answer_to(query));
           cut.pop_back();
           return cut;
         }),
         "closed before the response was whole"},
        {over_tcp([](const Octets&) {
           return test::with_length(Octets{1, 2, 3});
         }),
         "what came over TCP is no response to the query"},
        {scripts::silent(), "timeout after 150ms waiting for the response"}}) {
    const Backend backend(script);
    Target target = impatient(dns_target(backend.port()));
    target.check.is_over_tcp = true;
    const Outcome outcome = probe_now(target).outcome;
    EXPECT_EQ(outcome.kind, Kind::failure);
    EXPECT_EQ(outcome.evidence, evidence);
  }
}

TEST(DnsProbe, LeavesFromItsSourceAddress) {
  std::atomic<bool> is_right = false;
  asio::io_context context;
  udp::socket server(context, endpoint_at(backend_address()));
  std::thread thread([&] {
    Octets query(512);
    udp::endpoint client;
    query.resize(server.receive_from(asio::buffer(query), client));
    is_right = client.address() == endpoint_at(test::loopback(2)).address();
    server.send_to(asio::buffer(answer_to(query)), client);
  });
  Target target = dns_target(server.local_endpoint().port());
  target.check.source_address = test::loopback(2);
  EXPECT_EQ(probe_now(target).outcome.kind, Kind::success);
  thread.join();
  EXPECT_TRUE(is_right);
}

TEST(DnsProbe, EndsInconclusiveWhenItIsAborted) {
  const UdpServer server([](const Octets&) { return std::vector<Octets>{}; });
  ProbeRun run(patient(dns_target(server.port())));
  const auto outcome = run.abort_when([&] { return server.received() == 1; });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, Kind::inconclusive);
  EXPECT_EQ(outcome->evidence, "cancelled");
}

}  // namespace
}  // namespace rhumb::health
