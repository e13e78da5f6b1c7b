// SPDX-License-Identifier: Apache-2.0
#include "comm/mpi_obstacle.hpp"

#include <cstdlib>
#include <string>

#include <gmock/gmock.h>

namespace arbiter {
namespace {

using ::testing::IsEmpty;

class MpiObstacle : public ::testing::Test {
 protected:
  ~MpiObstacle() override {
    if (before_.empty()) {
      ::unsetenv("TMPDIR");
    } else {
      ::setenv("TMPDIR", before_.c_str(), 1);
    }
  }
  std::string before_ = std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR");
};

TEST_F(MpiObstacle, IsNoneOnAMachineThatRunsThisTest) { EXPECT_THAT(mpi_obstacle(), IsEmpty()); }

TEST_F(MpiObstacle, IsATemporaryFolderThatIsNotThere) {
  ::setenv("TMPDIR", "/nowhere/scratch", 1);
  EXPECT_EQ(
      mpi_obstacle(),
      "the temporary folder /nowhere/scratch cannot be written to: No such file or directory; TMPDIR names another");
}

}  // namespace
}  // namespace arbiter
