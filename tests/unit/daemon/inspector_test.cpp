#include "daemon/inspector.hpp"

#include <csignal>
#include <future>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_operations.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

using namespace std::chrono_literals;
using control::Result;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kInspectedConfig = R"({
  "listen": ["127.0.0.1:5300"], "zones": "zones", "geoip": ["city.mmdb"], "assertions": "routes.test.json",
  "regions": {"us-east": {"coordinates": [39.04, -77.49]}, "eu-west": {"coordinates": [53.35, -6.26]}},
  "services": {"www.example.com": {"instances": [{"region": "us-east", "address": "192.0.2.10"},
                                                 {"region": "eu-west", "address": "192.0.2.20"}]}}})";

// A server as it is once it has loaded: without its databases.
class InspectorTest : public testing::Test {
 protected:
  InspectorTest() {
    directory_.write("rhumb.json", kInspectedConfig);
    directory_.write("zones/example.com.zone", "@ 60 SOA ns host 1 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.53\n");
    directory_.write("routes.test.json", R"({"tests": [
      {"client": "203.0.113.9", "query": "www.example.com", "expect": {"regions": ["eu-west"]}}]})");
    use_database("city.mmdb");
    Problems problems;
    loaded_ = load(directory_.path() / "rhumb.json", Secrets{1, {}}, nullptr, problems,
                   std::chrono::system_clock::now() + KnownFiles::kClockTick * 2);
    if (!loaded_) throw std::runtime_error(problems.first_error()->to_string());
    loaded_->databases.forget();
    loaded_->snapshot->board = board_;
    snapshot_.emplace(std::move(loaded_->snapshot));
    know({});
  }

  // What the server knows of its instances.
  void know(health::Status status) {
    inspector_.reset();
    operations_ = std::make_unique<test::FakeOperations>(std::move(status));
    inspector_.emplace(*snapshot_, *operations_, loop_, [this]() -> const Loaded& { return *loaded_; });
  }

  void use_database(const std::string& fixture) const {
    std::filesystem::copy_file(std::filesystem::path(RHUMB_TEST_DATA) / fixture, directory_.path() / "new.mmdb");
    std::filesystem::rename(directory_.path() / "new.mmdb", directory_.path() / "city.mmdb");
  }

  // Runs the loop until the call that `start` makes is done.
  template <typename Start>
  Result result_of(const Start& start) {
    const auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    start([this, promise](Result result) {
      promise->set_value(std::move(result));
      loop_.post([] {});
    });
    while (future.wait_for(0s) != std::future_status::ready)
      (void)loop_.wait(1min);
    return future.get();
  }
  Result explain(std::vector<std::string> down = {}) {
    const control::ExplainRequest request{"www.example.com", "203.0.113.9", {}, "A", std::move(down), true};
    return result_of([&](control::Done done) { inspector_->explain(request, std::move(done)); });
  }
  Result run_tests(control::TestStates states) {
    return result_of([&](control::Done done) { inspector_->run_tests(states, std::move(done)); });
  }

  test::TemporaryDirectory directory_;
  std::optional<Loaded> loaded_;
  std::shared_ptr<health::Board> board_ = std::make_shared<health::Board>(2);
  std::optional<Published<answer::Snapshot>> snapshot_;
  std::unique_ptr<test::FakeOperations> operations_;
  MainLoop loop_{SIGUSR1};
  std::optional<Inspector> inspector_;
};

TEST_F(InspectorTest, ExplainsWithDatabasesThatItForgetsAMinuteAfterTheLastQuestion) {
  const Result result = explain();
  EXPECT_EQ(result.kind, Result::Kind::done) << result.text;
  EXPECT_THAT(result.text, HasSubstr("why       eu-west is the nearest region\n"));
  EXPECT_THAT(result.text, Not(HasSubstr("note")));
  EXPECT_TRUE(inspector_->holds_databases());
  inspector_->tidy(Inspector::Clock::now());
  EXPECT_TRUE(inspector_->holds_databases());
  inspector_->tidy(Inspector::Clock::now() + Inspector::kKept);
  EXPECT_FALSE(inspector_->holds_databases());
  EXPECT_FALSE(loaded_->databases.are_in_memory());
}

TEST_F(InspectorTest, GoesByTheStatesOfTheServerAndByWhatIsAssumedOnTop) {
  board_->write(1, health::State::down);
  EXPECT_THAT(explain().text, HasSubstr("us-east is the nearest region of those that have a healthy instance"));
  board_->write(1, health::State::up);
  EXPECT_THAT(explain().text, HasSubstr("why       eu-west"));
  EXPECT_THAT(explain({"eu-west"}).text, HasSubstr("why       us-east"));
  EXPECT_EQ(board_->read(1).state, health::State::up) << "what is assumed is assumed aside";
  const Result unknown = explain({"eu-wset"});
  EXPECT_EQ(unknown.kind, Result::Kind::not_understood);
  EXPECT_THAT(unknown.text, HasSubstr("did you mean \"eu-west\"?"));
}

TEST_F(InspectorTest, TellsOfInstancesWhatTheServerKnows) {
  health::Status status;
  status.instances = {{"www.example.com", "us-east", "192.0.2.10"}, {"www.example.com", "eu-west", "192.0.2.20"}};
  status.instances[1].standing = health::Standing::draining;
  status.instances[1].share = 0.4;
  status.instances[1].evidence = "HTTP 200";
  know(status);
  EXPECT_THAT(explain().text, HasSubstr("draining (40 % of its clients): HTTP 200\n"));
}

TEST_F(InspectorTest, SaysWhenTheDatabasesAreNoLongerSureToBeThoseThatWereLoaded) {
  use_database("country.mmdb");
  EXPECT_THAT(explain().text, HasSubstr("the databases may have changed since they were loaded"));
}

TEST_F(InspectorTest, MakesOneCallAtATime) {
  bool is_done = false;
  std::optional<Result> second;
  const Result first = result_of([&](const control::Done& done) {
    inspector_->run_tests(control::TestStates::assumed, [&, done](Result result) {
      is_done = true;
      done(std::move(result));
    });
    inspector_->check_zone("example.com", [&](Result result) { second = std::move(result); });
    EXPECT_FALSE(is_done);
  });
  EXPECT_EQ(first.kind, Result::Kind::done) << first.text;
  ASSERT_TRUE(second) << "at once";
  EXPECT_EQ(second->kind, Result::Kind::busy);
  EXPECT_EQ(explain().kind, Result::Kind::done) << "the next is made";
}

TEST_F(InspectorTest, RunsTestsWithTheStatesThatAreAskedFor) {
  board_->write(1, health::State::down);
  EXPECT_THAT(run_tests(control::TestStates::assumed).text, HasSubstr("\"passed\": 1,"));
  EXPECT_THAT(run_tests(control::TestStates::current).text, HasSubstr("\"failed\": 1,"));
  loaded_->config.assertions.reset();
  EXPECT_EQ(run_tests(control::TestStates::assumed).kind, Result::Kind::conflict);
}

TEST_F(InspectorTest, SaysWhatIsWrongWithDatabasesAndTests) {
  directory_.write("routes.test.json", "[]");
  const Result tests = run_tests(control::TestStates::assumed);
  EXPECT_EQ(tests.kind, Result::Kind::conflict);
  EXPECT_THAT(tests.text, HasSubstr("routes.test.json"));
  inspector_->tidy(Inspector::Clock::now() + Inspector::kKept);
  std::filesystem::remove(directory_.path() / "city.mmdb");
  const Result explained = explain();
  EXPECT_EQ(explained.kind, Result::Kind::conflict);
  EXPECT_THAT(explained.text, HasSubstr("city.mmdb"));
}

}  // namespace
}  // namespace rhumb::daemon
