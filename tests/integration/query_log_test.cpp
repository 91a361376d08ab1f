// The query log of the real server: each query with what led to its answer, and `rhumb simulate`, which reads it.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health_world.hpp"
#include "support/wait_until.hpp"

namespace rhumb::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class QueryLog : public testing::Test {
 protected:
  QueryLog() {
    world_.config["query_log"] = {{"to", "queries.jsonl"}, {"sample", 1}};
    world_.play_well_everywhere();
  }

  // The first moments of a server, when it answers already, are not logged.
  void serve() {
    world_.serve();
    EXPECT_TRUE(world_.logs("listening on "));
  }

  // The lines of a file, once they are so many that are about `name`.
  [[nodiscard]] std::vector<Json> lines(const std::string& file, const std::string& name, std::size_t count) const {
    std::vector<Json> found;
    EXPECT_TRUE(wait_until([&] {
      found.clear();
      std::ifstream in(world_.path() / file);
      for (std::string line; std::getline(in, line);) {
        Json json = Json::parse(line);
        if (json.value("name", "") == name) found.push_back(std::move(json));
      }
      return found.size() >= count;
    }));
    return found;
  }

  HealthWorld world_;
};

TEST_F(QueryLog, HasEachQueryWithWhatLedToItsAnswer) {
  serve();
  ASSERT_TRUE(world_.comes_to(kParis, kInEuWest));
  static_cast<void>(lines("queries.jsonl", "www.example.com", 1));
  std::filesystem::rename(world_.path() / "queries.jsonl", world_.path() / "before");
  static_cast<void>(world_.ask({"www.example.com", dns::type::kA, kParis}));
  static_cast<void>(world_.ask_over_tcp({"no.example.com", dns::type::kTxt}));

  const Json steered = lines("queries.jsonl", "www.example.com", 1).at(0);
  EXPECT_EQ(steered.at("client"), "127.0.0.1");
  EXPECT_EQ(steered.at("transport"), "udp");
  EXPECT_EQ(steered.at("ecs"), kParis);
  EXPECT_EQ(steered.at("rcode"), "NOERROR");
  const Json& step = steered.at("steered").at(0);
  EXPECT_EQ(step.at("service"), "www.example.com");
  EXPECT_EQ(step.at("region"), "eu-west");
  EXPECT_EQ(step.at("reason"), "nearest");

  const Json missing = lines("queries.jsonl", "no.example.com", 1).at(0);
  EXPECT_EQ(missing.at("transport"), "tcp");
  EXPECT_EQ(missing.at("rcode"), "NXDOMAIN");
  EXPECT_FALSE(missing.contains("steered"));

  world_.close(kInEuWest);
  ASSERT_TRUE(wait_until([&] {
    static_cast<void>(world_.ask({"www.example.com", dns::type::kA, kParis}));
    return lines("queries.jsonl", "www.example.com", 1).back().at("steered").at(0).at("reason") == "failover";
  }));
  const Json failover = lines("queries.jsonl", "www.example.com", 1).back().at("steered").at(0);
  EXPECT_EQ(failover.at("region"), "us-east");
  EXPECT_EQ(failover.at("instead_of"), "eu-west");
}

TEST_F(QueryLog, IsWhatASimulationCanWeighClientsBy) {
  serve();
  for (int i = 0; i < 3; ++i)
    static_cast<void>(world_.ask({"www.example.com", dns::type::kA, kAshburn}));
  static_cast<void>(world_.ask({"www.example.com", dns::type::kA, kParis}));
  const auto logged = lines("queries.jsonl", "www.example.com", 4);
  std::string text;
  for (const Json& line : logged) {
    if (line.contains("ecs")) text += line.dump() + "\n";
  }
  world_.write("clients.jsonl", text);
  const auto simulate = [&](const std::string& file) {
    return run_rhumb(world_.path(), {"simulate", "--config", "rhumb.json", "--queries", file});
  };
  const Finished run = simulate("clients.jsonl");
  EXPECT_EQ(run.exit, "status 0") << run.errors;
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("clients  4 queries in clients.jsonl\n"), ContainsRegex("us-east +75.00 % +75.00 %"),
                    ContainsRegex("eu-west +25.00 % +25.00 %")));
  EXPECT_EQ(simulate("queries.jsonl").exit, "status 0") << "as the server wrote it";

  world_.write("clients.jsonl", text + "192.0.2.0/24,1500\n");
  EXPECT_EQ(simulate("clients.jsonl").errors, "clients.jsonl:5: is no JSON object; a query log has one in each line\n");
}

TEST_F(QueryLog, IsTurnedOnAndOffByAReload) {
  world_.config.erase("query_log");
  serve();
  static_cast<void>(world_.ask({"a.example.com"}));
  world_.config["query_log"] = {{"to", "later.jsonl"}, {"sample", 1}, {"anonymize", {{"ipv4", 8}}}};
  static_cast<void>(world_.reload());
  static_cast<void>(world_.ask({"b.example.com"}));
  EXPECT_EQ(lines("later.jsonl", "b.example.com", 1).at(0).at("client"), "127.0.0.0/8");
  world_.config.erase("query_log");
  static_cast<void>(world_.reload());
  static_cast<void>(world_.ask({"c.example.com"}));
  world_.rhumb().signal(SIGTERM);
  EXPECT_EQ(world_.rhumb().wait_for_exit(), "status 0");
  const std::string text = read_file(world_.path() / "later.jsonl");
  EXPECT_THAT(text,
              AllOf(HasSubstr("b.example.com"), Not(HasSubstr("a.example.com")), Not(HasSubstr("c.example.com"))));
}

// A disk that is full costs records, and nothing else.
TEST_F(QueryLog, ThatCannotBeWrittenStopsNoAnswer) {
  world_.config["query_log"]["to"] = "/dev/full";
  serve();
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(world_.ask({"www.example.com"}).rcode, "NOERROR");
  EXPECT_TRUE(
      world_.logs("the query log: /dev/full: No space left on device; until it can be written, records are "
                  "dropped"));
}

TEST_F(QueryLog, GoesAsDnstapToWhoListens) {
  const auto socket = world_.path() / "dnstap.sock";
  ChildProcess peer(world_.path(), {"/usr/bin/fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", socket.string(),
                                    "-w", "seen.dnstap"});
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(socket); }));
  world_.config["query_log"]["to"] = "unix:dnstap.sock";
  serve();
  static_cast<void>(world_.ask({"www.example.com", dns::type::kA, kParis}));
  world_.rhumb().signal(SIGTERM);
  EXPECT_EQ(world_.rhumb().wait_for_exit(), "status 0");
  peer.signal(SIGTERM);
  EXPECT_EQ(peer.wait_for_exit(), "status 0");
  ChildProcess reader(world_.path(), {"/usr/bin/dnstap-read", "-y", "seen.dnstap"});
  EXPECT_EQ(reader.wait_for_exit(), "status 0");
  EXPECT_THAT(reader.output(),
              AllOf(HasSubstr("type: AUTH_QUERY"), HasSubstr("type: AUTH_RESPONSE"), HasSubstr("www.example.com. IN A"),
                    HasSubstr("CLIENT-SUBNET: " + std::string(kParis))));
  EXPECT_THAT(read_file(world_.path() / "seen.dnstap"), HasSubstr("\"region\":\"eu-west\""));
}

}  // namespace
}  // namespace rhumb::test
