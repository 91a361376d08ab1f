#include "control/audit_log.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::control {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

AuditEntry some_entry() {
  return {.caller = {"ada", Role::operate, "192.0.2.7:4711"},
          .method = "POST",
          .path = "/v1/overrides",
          .body = R"({"region":"eu-west"})",
          .outcome = 409,
          .reason = "nobody would be left"};
}

TEST(AuditLog, TellsWhoChangedWhatAndWhatCameOfIt) {
  EXPECT_EQ(to_json(some_entry()),
            R"({"time":"1970-01-01T00:00:00.000Z","who":"ada","role":"operate","from":"192.0.2.7:4711",)"
            R"("method":"POST","path":"/v1/overrides","body":{"region":"eu-west"},"outcome":409,)"
            R"("reason":"nobody would be left"})");
}

TEST(AuditLog, HasOneLineWhateverTheBody) {
  for (const std::string& body : {std::string("{\n"), std::string("\"a\nb\""), std::string("\xFF\xFE\n"),
                                  std::string(10 * kAuditedBodyMax, '\n')}) {
    AuditEntry entry = some_entry();
    entry.body = body;
    const std::string line = to_json(entry);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(Json::parse(line).is_object());
    EXPECT_LT(line.size(), 3 * kAuditedBodyMax);
  }
}

TEST(AuditLog, IsAddedToAndMayBeMovedAway) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "audit.log";
  const AuditLog log(file, [](const std::string& text) { ADD_FAILURE() << text; });
  log.write(some_entry());
  log.write(some_entry());
  const std::string line = to_json(some_entry()) + "\n";
  EXPECT_EQ(test::read_file(file), line + line);
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & S_IRWXO, 0U);
  std::filesystem::rename(file, directory.path() / "audit.log.1");
  log.write(some_entry());
  EXPECT_EQ(test::read_file(file), line);
}

TEST(AuditLog, SaysWhatItCannotWrite) {
  std::string trouble;
  const AuditLog log("/nowhere/audit.log", [&](const std::string& text) { trouble = text; });
  log.write(some_entry());
  EXPECT_THAT(trouble, HasSubstr("/nowhere/audit.log: cannot be written (No such file or directory)"));
  EXPECT_THAT(trouble, HasSubstr("nobody would be left"));
}

}  // namespace
}  // namespace rhumb::control
