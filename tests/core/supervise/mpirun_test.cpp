#include "supervise/mpirun.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"

namespace arbiter {
namespace {

TEST(Mpirun, StartsAsManyRanksAsAsked) {
  const auto file = std::filesystem::temp_directory_path() / ("arbiter_mpirun_" + std::to_string(::getpid()));
  const auto result =
      run_under_mpirun(3, {"sh", "-c", "echo $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE >> " + file.string()});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.interrupted_by, 0);
  const auto text = read_file(file);
  std::filesystem::remove(file);
  for (const char* line : {"0 of 3\n", "1 of 3\n", "2 of 3\n"}) EXPECT_THAT(text, ::testing::HasSubstr(line));
}

TEST(Mpirun, GivesTheExitStatusOfItsRanks) { EXPECT_EQ(run_under_mpirun(2, {"sh", "-c", "exit 3"}).status, 3); }

TEST(Mpirun, TellsASignalThatEndedARank) {
  EXPECT_EQ(run_under_mpirun(1, {"sh", "-c", "kill -9 $$"}).status, 128 + SIGKILL);
}

TEST(Mpirun, PassesAnInterruptOn) {
  std::thread later([] {
    ::sleep(1);
    ::kill(::getpid(), SIGINT);
  });
  const auto result = run_under_mpirun(1, {"sleep", "60"});
  later.join();
  EXPECT_EQ(result.interrupted_by, SIGINT);
  EXPECT_NE(result.status, 0);
}

TEST(Mpirun, SaysThatOpenMpiIsMissing) {
  ::setenv("ARBITER_MPIRUN", "/no/such/mpirun", 1);
  EXPECT_THROW(static_cast<void>(run_under_mpirun(1, {"true"})), SystemError);
  ::unsetenv("ARBITER_MPIRUN");
}

}  // namespace
}  // namespace arbiter
