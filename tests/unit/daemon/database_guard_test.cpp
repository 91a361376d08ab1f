#include "daemon/database_guard.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/change_report.hpp"
#include "geo/country_table.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kGuardedZone = "@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
constexpr std::string_view kGuardedInstances = R"("instances": [{"region": "us-east", "address": "192.0.2.10"},
  {"region": "eu-west", "address": "192.0.2.20"}, {"region": "ap-southeast", "address": "192.0.2.30"}])";
constexpr const char* kTokyo = "100.64.0.1";  // in city-wrong.mmdb it is in Paris

// What is served was made of city.mmdb.
class DatabaseGuard : public testing::Test {
 protected:
  DatabaseGuard() {
    directory_.write("zones/example.com.zone", kGuardedZone);
    use("city.mmdb");
    serve(load(nullptr));
  }

  void use(const std::string& fixture) const {
    std::filesystem::copy_file(std::filesystem::path(RHUMB_TEST_DATA) / fixture, directory_.path() / "geo.mmdb",
                               std::filesystem::copy_options::overwrite_existing);
  }

  std::optional<Loaded> load(const Served* served) {
    const auto file = directory_.write("rhumb.json", fmt::format(R"({{
      "listen": ["127.0.0.1:5300"], "zones": "zones", "geoip": ["geo.mmdb"], {}
      "regions": {{"us-east": {{"coordinates": [39.04, -77.49]}}, "eu-west": {{"coordinates": [53.35, -6.26]}},
                  "ap-southeast": {{"coordinates": [1.35, 103.82]}}}},
      "services": {{"www.example.com": {{"ttl": {}, "steering": {{{}}}, {}}}}}
    }})",
                                                                 more_, ttl_, steering_, kGuardedInstances));
    Problems problems;
    auto loaded = daemon::load(file, Secrets{1, {}}, served, problems);
    problems_.clear();
    for (const Problem& problem : problems.all())
      problems_.push_back(problem.to_string());
    return loaded;
  }
  std::optional<Loaded> reload(bool accepts_databases = false) {
    const Served served{served_, *snapshot_, accepts_databases};
    return load(&served);
  }
  // As the server does: the databases are not needed any more.
  void serve(std::optional<Loaded> loaded) {
    ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
    snapshot_ = std::move(loaded->snapshot);
    served_ = std::move(*loaded);
    served_.databases.forget();
  }

  static std::string region_of(const answer::Snapshot& snapshot, const char* client) {
    const steering::Service& service = snapshot.services.front();
    return service.settings().regions[service.ranking_map().find(*IpAddress::parse(client)).regions.front()];
  }

  std::string more_;
  std::string steering_ = R"("order": "nearest")";
  int ttl_ = 30;
  test::TemporaryDirectory directory_;
  std::vector<std::string> problems_;
  Loaded served_;
  std::unique_ptr<answer::Snapshot> snapshot_;
};

TEST_F(DatabaseGuard, HoldsBackWhatMovesTooManyAndServesTheRest) {
  use("city-wrong.mmdb");
  ttl_ = 77;
  directory_.write("zones/example.org.zone", kGuardedZone);
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_TRUE(loaded->databases.have_held_back());
  EXPECT_EQ(region_of(*loaded->snapshot, kTokyo), "ap-southeast");
  EXPECT_EQ(loaded->snapshot->services[0].settings().ttl_s, 77U);
  EXPECT_EQ(loaded->snapshot->zones.zones().size(), 2U);
  EXPECT_THAT(problems_, Contains(HasSubstr("96.95 % of the clients of www.example.com are sent to another region: "
                                            "ap-southeast → eu-west 96.95 %")));
  EXPECT_THAT(problems_, Contains(HasSubstr("96.95 % of the clients are in another country: JP → FR 96.95 %")));
  EXPECT_THAT(problems_, Contains(AllOf(HasSubstr("warning: held back"), HasSubstr("allows 20 %"))));
  ASSERT_EQ(loaded->databases.sources().size(), 1U);
  EXPECT_EQ(loaded->databases.sources()[0].built_at_s, served_.databases.sources()[0].built_at_s);
}

TEST_F(DatabaseGuard, CountriesAreCountedByWhatIsServed) {
  const auto country_of_tokyo = [this] {
    return geo::country_at(snapshot_->countries->find(*IpAddress::parse(kTokyo)).value);
  };
  more_ = R"("count_countries": true,)";
  serve(reload());
  const auto table = snapshot_->countries;
  EXPECT_EQ(country_of_tokyo(), "JP");
  use("city-wrong.mmdb");
  serve(reload());
  EXPECT_EQ(snapshot_->countries, table) << "those that are held back count nothing";
  serve(reload(true));
  EXPECT_EQ(country_of_tokyo(), "FR");

  use("city.mmdb");
  more_ = "";
  serve(reload());
  EXPECT_TRUE(served_.databases.have_held_back());
  EXPECT_EQ(snapshot_->countries, nullptr);
  EXPECT_EQ(served_.databases.country_table(), nullptr);
}

TEST_F(DatabaseGuard, LooksAgainAtEveryReloadUntilTheFileIsWhatItWas) {
  use("city-wrong.mmdb");
  for (int i = 0; i < 2; ++i) {
    serve(reload());
    EXPECT_TRUE(served_.databases.have_held_back());
    EXPECT_EQ(region_of(*snapshot_, kTokyo), "ap-southeast");
  }
  use("city.mmdb");
  serve(reload());
  EXPECT_FALSE(served_.databases.have_held_back());
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(DatabaseGuard, LetsThroughWhatAnOperatorMeans) {
  use("city-wrong.mmdb");
  serve(reload());
  serve(reload(true));
  EXPECT_FALSE(served_.databases.have_held_back());
  EXPECT_EQ(region_of(*snapshot_, kTokyo), "eu-west");
  use("city.mmdb");
  serve(reload());
  EXPECT_TRUE(served_.databases.have_held_back()) << "the way back is as far";
}

TEST_F(DatabaseGuard, LetsThroughWhatMovesFewAndSaysWhom) {
  use("city-next.mmdb");
  auto loaded = reload();
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->databases.have_held_back());
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_EQ(region_of(*loaded->snapshot, "203.0.113.1"), "us-east");
  EXPECT_THAT(describe_changes({served_, *snapshot_}, *loaded),
              ElementsAre(HasSubstr("built 2026-01-01 → 2026-02-01"),
                          "databases: 0.01 % of the clients of www.example.com are sent to another region: eu-west → "
                          "us-east 0.01 %",
                          "databases: 0.01 % of the clients are in another country: FR → US 0.01 %"));
}

TEST_F(DatabaseGuard, TheLimitIsTheConfigurations) {
  use("city-wrong.mmdb");
  more_ = R"("geoip_guard": {"max_moved": 96},)";
  EXPECT_TRUE(reload()->databases.have_held_back());
  more_ = R"("geoip_guard": {"max_moved": 100},)";
  EXPECT_FALSE(reload()->databases.have_held_back());
  use("city-next.mmdb");
  more_ = R"("geoip_guard": {"max_moved": 0},)";
  EXPECT_TRUE(reload()->databases.have_held_back());
}

TEST_F(DatabaseGuard, CountsTheClientsThatItIsToldOf) {
  use("city-next.mmdb");  // moves 203.0.113.0/24
  directory_.write("queries.jsonl",
                   "{\"sample\": 0.5, \"client\": \"203.0.113.9\"}\n{\"sample\": 1, \"client\": \"192.0.2.1\"}\n");
  more_ = R"("geoip_guard": {"queries": "queries.jsonl"},)";
  EXPECT_TRUE(reload()->databases.have_held_back());
  EXPECT_THAT(problems_, Contains(HasSubstr("66.67 % of the clients of www.example.com")));
  directory_.write("clients.csv", "203.0.113.0/24,1\n192.0.2.0/24,9\n");
  more_ = R"("geoip_guard": {"weights": "clients.csv"},)";
  EXPECT_FALSE(reload()->databases.have_held_back());
  more_ = R"("geoip_guard": {"weights": "clients.csv", "max_moved": 9.9},)";
  EXPECT_TRUE(reload()->databases.have_held_back());
}

TEST_F(DatabaseGuard, CountsByAddressSpaceWhereItCannotReadOfTheClients) {
  more_ = R"("geoip_guard": {"queries": "queries.jsonl"},)";
  use("city-next.mmdb");
  EXPECT_FALSE(reload()->databases.have_held_back());
  EXPECT_THAT(problems_, ElementsAre(AllOf(HasSubstr("queries.jsonl: warning: cannot be read"),
                                           HasSubstr("; clients count by address space"))));
  use("city-wrong.mmdb");
  EXPECT_TRUE(reload()->databases.have_held_back());
}

// It is ranked anew whatever the databases say, and how it would be over the old ones is not known any more.
TEST_F(DatabaseGuard, AServiceThatIsSteeredOtherwiseIsNotCompared) {
  steering_ = R"("order": "nearest", "max_regions": 2)";
  use("city-wrong.mmdb");
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_FALSE(loaded->databases.have_held_back());
  EXPECT_EQ(region_of(*loaded->snapshot, kTokyo), "eu-west");
}

TEST_F(DatabaseGuard, RefusesTheReloadWhereAServiceWouldNeedTheOldDatabases) {
  more_ = R"("geoip_guard": {"max_moved": 20},)";
  const auto old_instances = std::string(kGuardedInstances);
  const auto file = directory_.path() / "two.json";
  const auto write = [&](const char* steering) {
    return directory_.write("two.json", fmt::format(R"({{
      "listen": ["127.0.0.1:5300"], "zones": "zones", "geoip": ["geo.mmdb"],
      "regions": {{"us-east": {{"coordinates": [39.04, -77.49]}}, "eu-west": {{"coordinates": [53.35, -6.26]}},
                  "ap-southeast": {{"coordinates": [1.35, 103.82]}}}},
      "services": {{"a.example.com": {{{1}}}, "b.example.com": {{"steering": {{{0}}}, {1}}}}}
    }})",
                                                    steering, old_instances));
  };
  Problems problems;
  write(R"("order": "nearest")");
  serve(daemon::load(file, Secrets{1, {}}, nullptr, problems));
  write(R"("order": "nearest", "max_regions": 2)");
  use("city-wrong.mmdb");
  const Served served{served_, *snapshot_};
  EXPECT_FALSE(daemon::load(file, Secrets{1, {}}, &served, problems));
  ASSERT_TRUE(problems.has_errors());
  EXPECT_THAT(problems.first_error()->message,
              StartsWith("held back, and b.example.com cannot be ranked over the old databases"));
  const Served accepting{served_, *snapshot_, true};
  Problems none;
  EXPECT_TRUE(daemon::load(file, Secrets{1, {}}, &accepting, none));
}

TEST_F(DatabaseGuard, MeasuredRankingsStayAsWell) {
  steering_ = R"("order": "latency")";
  more_ = R"("latency": {"files": ["rtt.csv"]},)";
  directory_.write("rtt.csv", "192.0.2.0/24,us-east,10,5\n");
  serve(reload());
  const auto in_memory = reload();  // a server with latency files keeps its databases
  use("city-wrong.mmdb");
  const Served served{*in_memory, *in_memory->snapshot};
  const auto loaded = load(&served);
  ASSERT_TRUE(loaded) << testing::PrintToString(problems_);
  EXPECT_TRUE(loaded->databases.have_held_back());
  EXPECT_TRUE(loaded->databases.are_in_memory()) << "they are needed when the files change";
  EXPECT_EQ(region_of(*loaded->snapshot, kTokyo), "ap-southeast");
}

TEST_F(DatabaseGuard, TheFirstDatabasesAreNotHeldBack) {
  use("loopback.mmdb");
  std::filesystem::remove(directory_.path() / "geo.mmdb");
  const auto without = [&](bool has_any) {
    return directory_.write("first.json", fmt::format(R"({{
      "listen": ["127.0.0.1:5300"], "zones": "zones", "geoip": [{}],
      "regions": {{"us-east": {{"coordinates": [39.04, -77.49]}}, "eu-west": {{"coordinates": [53.35, -6.26]}},
                  "ap-southeast": {{"coordinates": [1.35, 103.82]}}}},
      "services": {{"www.example.com": {{{}}}}}
    }})",
                                                      has_any ? "\"geo.mmdb\"" : "", kGuardedInstances));
  };
  Problems problems;
  serve(daemon::load(without(false), Secrets{1, {}}, nullptr, problems));
  use("city-wrong.mmdb");
  const Served served{served_, *snapshot_};
  const auto loaded = daemon::load(without(true), Secrets{1, {}}, &served, problems);
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->databases.have_held_back());
  EXPECT_EQ(region_of(*loaded->snapshot, kTokyo), "eu-west");
}

}  // namespace
}  // namespace rhumb::daemon
