#include "daemon/log.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "daemon/line_budget.hpp"
#include "support/child_process.hpp"
#include "support/forked.hpp"
#include "support/temporary_directory.hpp"
#include "transport/socket.hpp"

namespace rhumb::daemon {
namespace {

using config::LogFormat;
using config::LogLevel;
using config::LogPlace;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::vector<std::string> kNoFields;

config::Log to_file(const std::filesystem::path& file, LogFormat format = LogFormat::text,
                    LogLevel level = LogLevel::info) {
  return {.place = LogPlace::file, .file = file, .format = format, .level = level};
}

class Log : public testing::Test {
 protected:
  static void SetUpTestSuite() { start_log(); }
  ~Log() override { EXPECT_EQ(use_log({}), std::nullopt); }

  [[nodiscard]] std::string text() const { return test::read_file(file_); }

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "rhumb.log";
};

TEST_F(Log, GoesToAFileAfterWhatIsThere) {
  directory_.write("rhumb.log", "before\n");
  ASSERT_EQ(use_log(to_file(file_)), std::nullopt);
  spdlog::warn("it {}", "rains");
  EXPECT_THAT(text(), testing::MatchesRegex("before\n[-0-9]+ [:.0-9]+ warning: it rains\n"));
}

TEST_F(Log, SaysInTheOldPlaceWhereItGoesOn) {
  ASSERT_EQ(use_log(to_file(file_)), std::nullopt);
  ASSERT_EQ(use_log(to_file(directory_.path() / "other.log")), std::nullopt);
  spdlog::info("there");
  EXPECT_THAT(text(), EndsWith("info: the log goes on in " + (directory_.path() / "other.log").string() + "\n"));
}

TEST_F(Log, HasLinesOfItsLevelAndThoseThatMatterMore) {
  const std::array<std::pair<LogLevel, std::string_view>, 4> cases{{{LogLevel::error, "error"},
                                                                    {LogLevel::warning, "error warning"},
                                                                    {LogLevel::info, "error warning info"},
                                                                    {LogLevel::debug, "error warning info debug"}}};
  for (const auto& [level, expected] : cases) {
    const auto file = directory_.path() / std::to_string(static_cast<int>(level));
    ASSERT_EQ(use_log(to_file(file, LogFormat::text, level)), std::nullopt);
    spdlog::error("-");
    spdlog::warn("-");
    log_entry({spdlog::level::info, "-", "{}", kNoFields});
    spdlog::debug("-");
    std::string levels;
    const std::string lines = test::read_file(file);
    for (const std::string_view word : {"error", "warning", "info", "debug"}) {
      if (lines.find(" " + std::string(word) + ": -") == std::string::npos) continue;
      levels += (levels.empty() ? "" : " ") + std::string(word);
    }
    EXPECT_EQ(levels, expected);
  }
}

TEST_F(Log, IsAnObjectALineWhateverStandsInIt) {
  ASSERT_EQ(use_log(to_file(file_, LogFormat::json)), std::nullopt);
  const std::string odd = "a \"quote\"\nand \x01, \xff and ü";
  spdlog::error("{}", odd);
  const std::string line = text();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto object = nlohmann::json::parse(line);
  EXPECT_EQ(object.at("level"), "error");
  EXPECT_EQ(object.at("message"), "a \"quote\"\nand \x01, \xef\xbf\xbd and ü");
  EXPECT_THAT(object.at("time").get<std::string>(), testing::MatchesRegex("[-0-9]+T[:.0-9]+Z"));
}

TEST_F(Log, HasEventsAsTextOrAsTheObjectsThatTheyAre) {
  ASSERT_EQ(use_log(to_file(file_)), std::nullopt);
  log_entry({spdlog::level::warn, "it is down", R"({"event":"state"})", kNoFields});
  EXPECT_THAT(text(), EndsWith(" warning: it is down\n"));
  ASSERT_EQ(use_log(to_file(file_, LogFormat::json)), std::nullopt);
  log_entry({spdlog::level::warn, "it is down", R"({"event":"state"})", kNoFields});
  EXPECT_THAT(text(), EndsWith("\n{\"event\":\"state\"}\n"));
}

TEST_F(Log, GoesOnInANewFileOnceItIsOpenedAnew) {
  ASSERT_EQ(use_log(to_file(file_)), std::nullopt);
  const auto rotated = directory_.path() / "rhumb.log.1";
  std::filesystem::rename(file_, rotated);
  spdlog::info("first");
  EXPECT_THAT(test::read_file(rotated), HasSubstr("first"));
  ASSERT_EQ(reopen_log(), std::nullopt);
  spdlog::info("second");
  EXPECT_THAT(text(), HasSubstr("second"));
  EXPECT_THAT(test::read_file(rotated), Not(HasSubstr("second")));
}

TEST_F(Log, StaysWhereItIsIfTheOtherPlaceCannotBeOpened) {
  ASSERT_EQ(use_log(to_file(file_)), std::nullopt);
  const auto missing = directory_.path() / "missing" / "rhumb.log";
  EXPECT_EQ(use_log(to_file(missing)), missing.string() + ": No such file or directory");
  spdlog::info("still here");
  EXPECT_THAT(text(), HasSubstr("still here"));
  EXPECT_THAT(text(), Not(HasSubstr("goes on")));
}

TEST_F(Log, StaysInTheOldFileIfItCannotBeOpenedAnew) {
  ASSERT_EQ(use_log(to_file(file_)), std::nullopt);
  const auto rotated = directory_.path() / "rhumb.log.1";
  std::filesystem::rename(file_, rotated);
  std::filesystem::create_directory(file_);
  EXPECT_EQ(reopen_log(), file_.string() + ": Is a directory");
  spdlog::info("still here");
  EXPECT_THAT(test::read_file(rotated), HasSubstr("still here"));
}

TEST_F(Log, GoesToStandardErrorLineByLineWhenTheDiskIsFull) {
  testing::internal::CaptureStderr();
  ASSERT_EQ(use_log(to_file("/dev/full")), std::nullopt);
  spdlog::error("what counts");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("error: what counts\n"));
}

// In a child: the log of this process would be full.
TEST_F(Log, DoesNotFillTheDisk) {
  EXPECT_EQ(test::in_child([this] {
              if (use_log(to_file(file_))) return 1;
              for (std::size_t i = 0; i < LineBudget::kLinesMax + 7; ++i)
                spdlog::info("again");
              return 0;
            }),
            0);
  const std::string lines = text();
  EXPECT_LE(std::count(lines.begin(), lines.end(), '\n'), static_cast<std::ptrdiff_t>(LineBudget::kLinesMax));
  EXPECT_THAT(lines, EndsWith("info: again\n"));
}

// Alone in a mount name space, with a journal of its own if it is to have one.
bool makes_a_journal(transport::Descriptor& journal, bool is_there) {
  const int spaces = geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
  if (unshare(spaces) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", "/run", "tmpfs", 0, nullptr) != 0) {
    return false;
  }
  if (!is_there) return true;
  std::filesystem::create_directories("/run/systemd/journal");
  journal = transport::Descriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "/run/systemd/journal/socket");
  return bind(journal.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string received(const transport::Descriptor& journal) {
  std::array<char, 4'096> datagram{};
  const ssize_t size = recv(journal.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
  return size < 0 ? "" : std::string(datagram.data(), static_cast<std::size_t>(size));
}

const config::Log kToJournal{.place = LogPlace::journal};

TEST_F(Log, GoesToTheJournalWithPriorityAndFields) {
  const int status = test::in_child([] {
    transport::Descriptor journal;
    if (!makes_a_journal(journal, true)) return test::kCannotTell;
    EXPECT_EQ(use_log(kToJournal), std::nullopt);
    log_entry({spdlog::level::warn, "it is down", "{}", {"RHUMB_EVENT=state", "RHUMB_REGION=eu-west"}});
    EXPECT_EQ(received(journal),
              "MESSAGE=it is down\nPRIORITY=4\nSYSLOG_IDENTIFIER=rhumb\nRHUMB_EVENT=state\nRHUMB_REGION=eu-west\n");
    spdlog::error("worse");
    EXPECT_EQ(received(journal), "MESSAGE=worse\nPRIORITY=3\nSYSLOG_IDENTIFIER=rhumb\n");
    spdlog::info("better");
    EXPECT_THAT(received(journal), HasSubstr("PRIORITY=6"));
    spdlog::debug("details");
    EXPECT_THAT(received(journal), IsEmpty());
    return HasFailure() ? 1 : 0;
  });
  if (status == test::kCannotTell) GTEST_SKIP() << "no mount name space of its own";
  EXPECT_EQ(status, 0);
}

TEST_F(Log, SaysThatThereIsNoJournal) {
  const int status = test::in_child([] {
    transport::Descriptor journal;
    if (!makes_a_journal(journal, false)) return test::kCannotTell;
    EXPECT_EQ(use_log(kToJournal), "no journal can be reached: /run/systemd/journal/socket: No such file or directory");
    return HasFailure() ? 1 : 0;
  });
  if (status == test::kCannotTell) GTEST_SKIP() << "no mount name space of its own";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace rhumb::daemon
