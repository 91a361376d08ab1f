#include "health/abort.hpp"

#include <gtest/gtest.h>

namespace rhumb::health {
namespace {

TEST(Abort, RunsWhatIsRegisteredOnce) {
  int calls = 0;
  Abort abort;
  const WhenAborted registered(abort, [&calls] { ++calls; });
  EXPECT_EQ(calls, 0);
  EXPECT_FALSE(abort.is_aborted());
  abort.abort();
  abort.abort();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(abort.is_aborted());
}

TEST(Abort, EndsAtOnceWhatIsRegisteredAfterIt) {
  Abort abort;
  abort.abort();
  for (int i = 0; i < 2; ++i) {
    int calls = 0;
    const WhenAborted registered(abort, [&calls] { ++calls; });
    EXPECT_EQ(calls, 1);
  }
}

TEST(Abort, DoesNothingToWhatHasEnded) {
  int calls = 0;
  Abort abort;
  {
    const WhenAborted registered(abort, [&calls] { ++calls; });
  }
  abort.abort();
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace rhumb::health
