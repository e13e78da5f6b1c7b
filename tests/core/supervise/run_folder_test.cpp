// SPDX-License-Identifier: Apache-2.0
#include "supervise/run_folder.hpp"

#include <array>
#include <csignal>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "supervise/checkpoint.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

/// A process that runs `action` and then waits to be killed.
class Holder {
 public:
  template <class Action>
  explicit Holder(const Action& action) {
    std::array<int, 2> ready{};
    static_cast<void>(!::pipe(ready.data()));
    pid_ = ::fork();
    if (pid_ == 0) {
      action([&] { static_cast<void>(!::write(ready[1], "!", 1)); });
      ::_exit(0);
    }
    char byte = 0;
    static_cast<void>(!::read(ready[0], &byte, 1));
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  void kill() const {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

class RunFolderOfAnOutputFolder : public ::testing::Test {
 protected:
  [[nodiscard]] RunFolder::Options options(bool resume = false) const {
    return {out_, resume, {"runner", "--config", "a b.yaml"}};
  }
  [[nodiscard]] std::string refusal() const {
    try {
      const FolderLock lock(out_, {"second"});
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  }
  static Measurement row() {
    Measurement row;
    row.problem = {2, DType::float16, "NONE", 64, 8};
    row.strategy = "A";
    return row;
  }

  test::TempDir dir_;
  fs::path out_ = dir_.path() / "out";
};

TEST_F(RunFolderOfAnOutputFolder, IsOfOneRunWhichIsNamedUntilItsProcessEnds) {
  const Holder first([&](const auto& ready) {
    const RunFolder folder(options());
    ready();
    for (;;) ::pause();
  });
  EXPECT_THAT(refusal(), AllOf(HasSubstr("process " + std::to_string(first.pid()) + " on "), HasSubstr(" since 2"),
                               HasSubstr("runner --config a b.yaml")));
  first.kill();
  EXPECT_EQ(refusal(), "");
}

TEST_F(RunFolderOfAnOutputFolder, LeavesNothingOfARunThatMeasuredNothing) {
  { const RunFolder folder(options()); }
  EXPECT_FALSE(fs::exists(out_));
  fs::create_directories(out_);
  { const RunFolder folder(options()); }
  EXPECT_TRUE(fs::is_empty(out_)) << "the user's folder";
}

TEST_F(RunFolderOfAnOutputFolder, KeepsARunThatMeasuredAndContinuesItUnderItsName) {
  std::string run_id;
  for (const bool resume : {false, true}) {
    const RunFolder folder(options(resume));
    Checkpoint(folder.checkpoint()).add_rows({row()});
    const auto contents = Checkpoint::contents_of(read_file(folder.checkpoint()));
    EXPECT_EQ(contents.rows.size(), resume ? 2U : 1U);
    if (resume) {
      EXPECT_EQ(contents.head.run_id, run_id);
    }
    run_id = contents.head.run_id;
  }
  { const RunFolder another(options()); }
  EXPECT_TRUE(fs::exists(out_ / "unfinished.1/checkpoint.jsonl"));
}

TEST_F(RunFolderOfAnOutputFolder, SaysWhichLineOfItsCheckpointIsWrongAndANewRunKeepsItToo) {
  fs::create_directories(out_ / "unfinished");
  write_file(out_ / "unfinished/checkpoint.jsonl", "mine\n");
  try {
    const RunFolder folder(options(true));
    FAIL() << "it continues with that";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("unfinished/checkpoint.jsonl: line 1: no record of a checkpoint"));
  }
  { const RunFolder another(options()); }
  EXPECT_EQ(read_file(out_ / "unfinished.1/checkpoint.jsonl"), "mine\n");
}

TEST_F(RunFolderOfAnOutputFolder, WaitsForARankOfTheKilledRunBefore) {
  {
    const RunFolder folder(options());
    Checkpoint(folder.checkpoint()).add_rows({row()});
  }
  const Holder rank([&](const auto& ready) {
    const Checkpoint checkpoint(out_ / "unfinished/checkpoint.jsonl");
    ready();
    ::usleep(300000);
    ::unlink((out_ / "unfinished/checkpoint.jsonl").c_str());
  });
  const RunFolder next(options(true));
  EXPECT_EQ(Checkpoint::contents_of(read_file(next.checkpoint())).rows.size(), 0U) << "the rank has finished the run";
}

TEST_F(RunFolderOfAnOutputFolder, MovesItsFilesUpAndMayBeKilledInBetween) {
  write_file(out_ / "a.csv", "old a");
  write_file(out_ / "b/b.csv", "b");
  const RunFolder folder(options());
  const auto unfinished = folder.checkpoint().parent_path();
  for (const bool again : {false, true}) {
    write_file(unfinished / "a.csv", "a");
    write_file(unfinished / "b/b.csv", "b");
    publish(folder.checkpoint());
    EXPECT_EQ(read_file(out_ / "a.csv"), "a");
    EXPECT_EQ(read_file(out_ / "a.csv.1"), "old a");
    EXPECT_FALSE(fs::exists(out_ / "a.csv.2")) << again;
    EXPECT_FALSE(fs::exists(out_ / "b/b.csv.1")) << "it had the same contents";
    EXPECT_TRUE(fs::exists(folder.checkpoint()));
  }
  finish(folder.checkpoint());
  EXPECT_FALSE(fs::exists(unfinished));
}

}  // namespace
}  // namespace arbiter
