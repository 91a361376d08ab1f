// The log's thread, its files and its peers.
#include "control/query_log.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/frame_stream.hpp"
#include "support/child_process.hpp"
#include "support/logged_world.hpp"
#include "support/wait_until.hpp"

namespace rhumb::control {
namespace {

using answer::LoggedWorld;
using answer::QueryTap;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Json = nlohmann::json;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

class Log : public testing::Test {
 protected:
  Log() { settings_.to = directory_.path() / "queries.jsonl"; }

  // A query for HOST.example.com by the thread that answers.
  bool ask(QueryTap& tap, const std::string& host = "www") {
    answer::QueryRecord* const record = tap.claim();
    if (record == nullptr) return false;
    world_.record(*record, dns::query_message(host + ".example.com", dns::type::kA));
    tap.push();
    return true;
  }
  void use(QueryLog& log) { log.use(settings_, {}); }
  [[nodiscard]] static bool has_written(const QueryLog& log, std::uint64_t count) {
    return test::wait_until([&] { return log.counts().written >= count; });
  }
  void note(bool is_trouble, const std::string& text) {
    const std::lock_guard lock(mutex_);
    told_.push_back((is_trouble ? "trouble: " : "well: ") + text);
  }
  [[nodiscard]] std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  QueryLog::Tell teller() {
    return [this](bool is_trouble, const std::string& text) { note(is_trouble, text); };
  }

  test::TemporaryDirectory directory_;
  LoggedWorld world_;
  QueryLogSettings settings_;
  QueryTap tap_;
  QueryTap other_;
  std::mutex mutex_;
  std::vector<std::string> told_;
};

TEST_F(Log, WritesWhatAllThreadsAnswered) {
  QueryLog log({&tap_, &other_}, teller());
  EXPECT_EQ(tap_.sample(), 0);
  settings_.sample = 0.25;
  use(log);
  EXPECT_EQ(tap_.sample(), 0.25);
  EXPECT_EQ(other_.sample(), 0.25);
  ask(tap_, "a");
  ask(tap_, "b");
  ask(other_, "c");
  ASSERT_TRUE(has_written(log, 3));
  std::vector<std::string> names;
  for (const std::string& line : lines_of(settings_.to))
    names.push_back(Json::parse(line).at("name"));
  EXPECT_THAT(names, testing::UnorderedElementsAre("a.example.com", "b.example.com", "c.example.com"));
  struct stat found {};
  ASSERT_EQ(::stat(settings_.to.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & S_IRWXO, 0U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Log, WritesAtItsEndWhatIsInTheRings) {
  {
    QueryLog log({&tap_}, teller());
    use(log);
    ask(tap_);
  }
  EXPECT_THAT(lines_of(settings_.to), SizeIs(1));
  EXPECT_EQ(tap_.sample(), 0);
}

TEST_F(Log, CountsWhatFindsTheRingFull) {
  tap_.open(1);
  for (std::size_t i = 0; i < QueryTap::kRecordsMax; ++i)
    EXPECT_TRUE(ask(tap_));
  EXPECT_FALSE(ask(tap_));
  EXPECT_FALSE(ask(tap_));
  QueryLog log({&tap_}, teller());
  EXPECT_EQ(log.counts().dropped_full, 2U);
  use(log);
  ASSERT_TRUE(has_written(log, QueryTap::kRecordsMax));
  EXPECT_TRUE(ask(tap_)) << "there is room again";
}

TEST_F(Log, LeavesAFileAloneThatWasMovedAway) {
  QueryLog log({&tap_}, teller());
  use(log);
  ask(tap_, "a");
  ASSERT_TRUE(has_written(log, 1));
  std::filesystem::rename(settings_.to, directory_.path() / "queries.1");
  ask(tap_, "b");
  ASSERT_TRUE(has_written(log, 2));
  EXPECT_THAT(lines_of(directory_.path() / "queries.1"), ElementsAre(HasSubstr("a.example.com")));
  EXPECT_THAT(lines_of(settings_.to), ElementsAre(HasSubstr("b.example.com")));
  std::filesystem::remove(settings_.to);
  ask(tap_, "c");
  ASSERT_TRUE(has_written(log, 3));
  EXPECT_THAT(lines_of(settings_.to), ElementsAre(HasSubstr("c.example.com")));
}

TEST_F(Log, AddsToWhatIsThere) {
  for (int i = 0; i < 2; ++i) {
    QueryLog log({&tap_}, teller());
    use(log);
    ask(tap_);
  }
  EXPECT_THAT(lines_of(settings_.to), SizeIs(2));
}

TEST_F(Log, AFullDiskLosesRecordsSaysSoOnceAndStopsNobody) {
  settings_.to = "/dev/full";
  QueryLog log({&tap_}, teller());
  use(log);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ask(tap_);
    ASSERT_TRUE(test::wait_until([&] { return log.counts().dropped_unwritten == i; }));
  }
  EXPECT_THAT(told(), ElementsAre("trouble: /dev/full: No space left on device; until it can be written, records are "
                                  "dropped"));
  EXPECT_EQ(log.counts().written, 0U);
}

TEST_F(Log, SaysWhenItCanBeWrittenAgain) {
  settings_.to = directory_.path() / "later" / "queries.jsonl";
  QueryLog log({&tap_}, teller());
  use(log);
  ask(tap_);
  ASSERT_TRUE(test::wait_until([&] { return log.counts().dropped_unwritten == 1; }));
  std::filesystem::create_directory(settings_.to.parent_path());
  ask(tap_);
  ASSERT_TRUE(has_written(log, 1));
  ASSERT_TRUE(test::wait_until([&] { return told().size() == 2; }));
  EXPECT_THAT(told(), ElementsAre(HasSubstr("No such file or directory"),
                                  "well: can be written again; 1 records were dropped"));
}

TEST_F(Log, OtherSettingsTakeItElsewhereOrEndIt) {
  QueryLog log({&tap_}, teller());
  use(log);
  ask(tap_, "a");
  ASSERT_TRUE(has_written(log, 1));
  const auto before = settings_.to;
  settings_.to = directory_.path() / "other.dnstap";
  settings_.format = QueryLogSettings::Format::dnstap;
  use(log);
  log.use(std::nullopt, {});
  EXPECT_EQ(tap_.sample(), 0);
  use(log);
  // The first may still go to where the thread has been writing.
  EXPECT_TRUE(test::wait_until([&] {
    ask(tap_, "b");
    return test::read_file(settings_.to).starts_with(control_frame(ControlFrame::start));
  }));
  for (const std::string& line : lines_of(before))
    EXPECT_TRUE(Json::parse(line).is_object());
}

TEST_F(Log, WritesIntoNoFileOfAnotherFormat) {
  settings_.format = QueryLogSettings::Format::dnstap;
  directory_.write("queries.jsonl", "{}\n");
  QueryLog log({&tap_}, teller());
  use(log);
  ask(tap_);
  ASSERT_TRUE(test::wait_until([&] { return !told().empty(); }));
  EXPECT_THAT(told(), ElementsAre(HasSubstr("queries.jsonl: is there and is no log of this format: move it away")));
  EXPECT_EQ(test::read_file(settings_.to), "{}\n");
}

// -------------------------------------------------------------------------------------------------------- a file

// What a disk takes a part of is cut back to whole records: a limit on the size of files is such a disk.
TEST(FileSink, TakesBackARecordThatIsCutOff) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "queries.jsonl";
  const auto write_under_limit = [&] {
    static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
    const rlimit limit{25, 25};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 9;
    const auto sink = make_file_sink(file, "", "{");
    const std::vector<std::size_t> ends{10, 20, 30};
    const auto written = sink->write({"{aaaaaaa}\n{bbbbbbb}\n{ccccccc}\n", ends});
    return written.records == 2 && !written.error.empty() ? 0 : 1;
  };
  EXPECT_EXIT(std::_Exit(write_under_limit()), testing::ExitedWithCode(0), "");
  EXPECT_EQ(test::read_file(file), "{aaaaaaa}\n{bbbbbbb}\n");
}

// ------------------------------------------------------------------------------------------------------ a socket

class Peer : public Log {
 protected:
  Peer() {
    settings_.to = directory_.path() / "dnstap.sock";
    settings_.is_socket = true;
    settings_.format = QueryLogSettings::Format::dnstap;
  }
  // The reference implementation of Frame Streams, which writes down what it is sent.
  [[nodiscard]] std::unique_ptr<test::ChildProcess> listen(const std::string& file) const {
    auto peer = std::make_unique<test::ChildProcess>(
        directory_.path(), std::vector<std::string>{"/usr/bin/fstrm_capture", "-t", std::string(kDnstapContent), "-u",
                                                    settings_.to.string(), "-w", file});
    EXPECT_TRUE(test::wait_until([&] { return std::filesystem::exists(settings_.to); }));
    return peer;
  }
  [[nodiscard]] std::string read(const std::string& file) const {
    test::ChildProcess reader(directory_.path(), {"/usr/bin/dnstap-read", file});
    EXPECT_EQ(reader.wait_for_exit(), "status 0") << reader.log();
    return reader.output();
  }
};

TEST_F(Peer, IsSentWhatWasAnswered) {
  const auto peer = listen("seen.dnstap");
  {
    QueryLog log({&tap_}, teller());
    use(log);
    ask(tap_, "a");
    ask(tap_, "b");
    ASSERT_TRUE(has_written(log, 2));
  }
  peer->signal(SIGTERM);
  EXPECT_EQ(peer->wait_for_exit(), "status 0") << peer->log();
  const std::string text = read("seen.dnstap");
  EXPECT_THAT(text, HasSubstr("a.example.com"));
  EXPECT_THAT(text, HasSubstr("b.example.com"));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Peer, ThatIsNotThereLosesRecordsAndIsFoundWhenItComes) {
  const auto sink = make_socket_sink(settings_.to, std::chrono::milliseconds(0));
  const std::vector<std::size_t> ends{5};
  std::string frame;
  append_frame("x", frame);
  EXPECT_EQ(sink->write({frame, ends}).records, 0U);
  EXPECT_THAT(sink->write({frame, ends}).error, HasSubstr("dnstap.sock: No such file or directory"));
  auto peer = listen("seen");
  EXPECT_TRUE(test::wait_until([&] { return sink->write({frame, ends}).records == 1; }));
  peer.reset();
  EXPECT_TRUE(test::wait_until([&] { return sink->write({frame, ends}).records == 0; }));
  std::filesystem::remove(settings_.to);
  peer = listen("seen.again");
  EXPECT_TRUE(test::wait_until([&] { return sink->write({frame, ends}).records == 1; }));
}

}  // namespace
}  // namespace rhumb::control
