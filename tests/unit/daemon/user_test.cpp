// Each in a child, which is somebody else for good.
#include "daemon/user.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>

#include "support/forked.hpp"

namespace rhumb::daemon {
namespace {

using test::in_child;

constexpr Capabilities kPorts = capability(CAP_NET_BIND_SERVICE);

// The capabilities that a program has in effect which this thread starts.
Capabilities capabilities_of_a_program() {
  Capabilities found = ~Capabilities{0};
  FILE* const output = popen("exec sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status", "r");
  if (output == nullptr) return found;
  if (std::fscanf(output, "%lx", &found) != 1) found = ~Capabilities{0};
  pclose(output);
  return found;
}

TEST(FindUser, KnowsWhoIsThere) {
  const auto root = find_user("root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->id, 0U);
  EXPECT_EQ(root->group, 0U);
  EXPECT_EQ(find_user("nobody-of-this-name"), std::nullopt);
}

class Become : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    user_ = find_user("nobody");
    if (!user_) GTEST_SKIP() << "there is no nobody";
  }

  std::optional<User> user_;
};

TEST_F(Become, IsForGood) {
  EXPECT_EQ(in_child([this] {
              become(*user_, kPorts);
              uid_t real = 0;
              uid_t effective = 0;
              uid_t saved = 0;
              getresuid(&real, &effective, &saved);
              if (real != user_->id || effective != user_->id || saved != user_->id) return 1;
              if (getgid() != user_->group || getegid() != user_->group) return 2;
              gid_t first = 0;
              if (getgroups(1, &first) != 1 || first != user_->group) return 3;
              return setuid(0) == 0 || setgid(0) == 0 || setgroups(0, nullptr) == 0 ? 4 : 0;
            }),
            0);
}

TEST_F(Become, KeepsOnlyTheCapabilitiesThatAreNamed) {
  EXPECT_EQ(in_child([this] {
              become(*user_, kPorts);
              return permitted_capabilities() == kPorts ? 0 : 1;
            }),
            0);
  EXPECT_EQ(in_child([this] {
              become(*user_, kPorts);
              keep_capabilities(kPorts | capability(CAP_SYS_ADMIN));  // there is no way back
              return permitted_capabilities() == kPorts ? 0 : 1;
            }),
            0);
  EXPECT_EQ(in_child([this] {
              become(*user_, kPorts);
              keep_capabilities(0);
              return permitted_capabilities() == 0 ? 0 : 1;
            }),
            0);
}

TEST_F(Become, PassesCapabilitiesOnFromOneThreadOnly) {
  EXPECT_EQ(in_child([this] {
              become(*user_, kPorts);
              Capabilities passed_on = 0;
              std::thread([&] {
                pass_capabilities_on();
                passed_on = capabilities_of_a_program();
              }).join();
              if (passed_on != kPorts) return 1;
              return capabilities_of_a_program() == 0 ? 0 : 2;
            }),
            0);
}

TEST_F(Become, ChangesWhereProgramsFindTheirFiles) {
  EXPECT_EQ(in_child([this] {
              become(*user_, 0);
              const auto is = [](const char* variable, const std::string& value) {
                return std::getenv(variable) == value;
              };
              return is("HOME", user_->home) && is("USER", "nobody") && is("LOGNAME", "nobody") ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace rhumb::daemon
