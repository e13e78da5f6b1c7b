// SPDX-License-Identifier: Apache-2.0
// The plugin as NCCL uses it: loaded by name, started for a communicator, asked for each collective.
#include <array>
#include <cstdarg>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <dlfcn.h>
#include <gmock/gmock.h>

#include "nccl_tuner/tuner_abi.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::tuner {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int algorithms = 7;
constexpr int protocols = 3;

/// What NCCL expects of each algorithm and protocol, and what it was told.
struct Call {
  std::array<float, 21> costs{};  // [algorithm][protocol]
  int channels = 0;

  Call() {
    costs.fill(5.0F);
    at(4, 0) = -1.0F;  // NVLS has no LL
  }
  float& at(int algorithm, int protocol) {
    const auto row = static_cast<std::size_t>(algorithm);
    return costs.at(row * protocols + static_cast<std::size_t>(protocol));
  }
  bool operator==(const Call&) const = default;
};

std::mutex log_lock;
std::vector<std::string> logged;

void log(int level, unsigned long /*subsystems*/, const char* /*file*/, int /*line*/, const char* format, ...) {
  std::array<char, 1000> text{};
  std::va_list values;
  va_start(values, format);
  std::vsnprintf(text.data(), text.size(), format, values);
  va_end(values);
  const std::lock_guard<std::mutex> guard(log_lock);
  logged.push_back((level == log_warn ? "WARN " : "INFO ") + std::string(text.data()));
}

class TunerPlugin : public ::testing::Test {
 protected:
  void SetUp() override {
    logged.clear();
    library_ = dlopen(NCCL_TUNER_ARBITER, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr) << dlerror();
    v4_ = static_cast<const TunerV4*>(dlsym(library_, "ncclTunerPlugin_v4"));
    v5_ = static_cast<const TunerV5*>(dlsym(library_, "ncclTunerPlugin_v5"));
    ASSERT_NE(v4_, nullptr);
    ASSERT_NE(v5_, nullptr);
  }

  void TearDown() override {
    ::unsetenv("NCCL_TUNER_CONFIG_FILE");
    if (library_ != nullptr) dlclose(library_);
  }

  /// A communicator's context, with this file.
  void* start(const std::string& text, std::size_t ranks = 4, std::size_t nodes = 1) {
    ::setenv("NCCL_TUNER_CONFIG_FILE", dir_.write("tuner.conf", text).c_str(), 1);
    return start_without_file(ranks, nodes);
  }
  void* start_without_file(std::size_t ranks = 4, std::size_t nodes = 1) {
    void* context = nullptr;
    EXPECT_EQ(v5_->init(&context, 17, ranks, nodes, log, nullptr, nullptr), success);
    return context;
  }

  [[nodiscard]] Call ask(void* context, int collective, std::size_t bytes) const {
    Call call;
    EXPECT_EQ(v5_->get_coll_info(context, collective, bytes, 1, reinterpret_cast<float**>(call.costs.data()),
                                 algorithms, protocols, 0, &call.channels),
              success);
    return call;
  }

  test::TempDir dir_;
  void* library_ = nullptr;
  const TunerV4* v4_ = nullptr;
  const TunerV5* v5_ = nullptr;
};

Call with(int algorithm, int protocol, int channels) {
  Call call;
  call.at(algorithm, protocol) = 0.0F;
  call.channels = channels;
  return call;
}

}  // namespace

TEST_F(TunerPlugin, MakesAMatchingAllReduceTheCheapestAndLeavesEverythingElseAlone) {
  void* const context = start(
      "allreduce,1024,4096,ring,ll128,8,1,4,-1,-1\n"
      "allreduce,4097,65536,tree,simple,-1,1,4\n"
      "allreduce,1024,4096,tree,ll,2,1,4\n"
      "allreduce,0,18446744073709551615,tree,ll,2,1,8\n");
  EXPECT_EQ(ask(context, all_reduce, 1024), with(1, 1, 8));
  EXPECT_EQ(ask(context, all_reduce, 4096), with(1, 1, 8));
  EXPECT_EQ(ask(context, all_reduce, 4097), with(0, 2, 0)) << "channels -1 are NCCL's own";
  EXPECT_EQ(ask(context, all_reduce, 1023), Call());
  EXPECT_EQ(ask(context, all_reduce, 65537), Call());
  for (const int other : {static_cast<int>(broadcast), static_cast<int>(reduce), static_cast<int>(all_gather),
                          static_cast<int>(reduce_scatter), 5, 14}) {
    EXPECT_EQ(ask(context, other, 2048), Call()) << other;
  }
  EXPECT_EQ(v5_->finalize(context), success);
  EXPECT_THAT(logged,
              ElementsAre(AllOf(HasSubstr("INFO TUNER/Arbiter: "), HasSubstr("tuner.conf: 3 of 4 lines are for 4 "
                                                                             "ranks on 1 nodes"))));
}

TEST_F(TunerPlugin, LeavesACommunicatorWithoutLinesAlone) {
  void* const context = start("allreduce,0,4096,ring,ll,8,1,4\n", 2);
  EXPECT_EQ(ask(context, all_reduce, 1024), Call());
  void* const two_hosts = start("allreduce,0,4096,ring,ll,8,1,4\n", 4, 2);
  EXPECT_EQ(ask(two_hosts, all_reduce, 1024), Call());
  EXPECT_EQ(v5_->finalize(context), success);
  EXPECT_EQ(v5_->finalize(two_hosts), success);
}

TEST_F(TunerPlugin, SkipsWhatNcclCannotRunHere) {
  void* const context = start("allreduce,0,4096,nvls,ll,8,1,4\nallreduce,0,4096,ring,ll,2,1,4\n");
  EXPECT_EQ(ask(context, all_reduce, 1024), with(1, 0, 2));
  Call small;  // a table without rows for PAT and NVLS_TREE
  void* const newer = start("allreduce,0,4096,pat,simple,8,1,4\n");
  EXPECT_EQ(v5_->get_coll_info(newer, all_reduce, 8, 1, reinterpret_cast<float**>(small.costs.data()), 5, protocols, 0,
                               &small.channels),
            success);
  EXPECT_EQ(small, Call());
  EXPECT_EQ(v5_->finalize(context), success);
  EXPECT_EQ(v5_->finalize(newer), success);
}

TEST_F(TunerPlugin, RefusesAMalformedFileInWordsAndLeavesAllToNccl) {
  void* const context = start("allreduce,0,4096,ring,ll,8,1,4\nallreduce,0,9,ring,ll\n");
  EXPECT_EQ(ask(context, all_reduce, 1024), Call()) << "not even the good lines count";
  EXPECT_THAT(logged, ElementsAre(AllOf(HasSubstr("WARN TUNER/Arbiter: "),
                                        HasSubstr("tuner.conf: refused, NCCL chooses: line 2: found 5 fields"))));
  EXPECT_EQ(v5_->finalize(context), success);
}

TEST_F(TunerPlugin, SaysThatAFileIsMissingUnreadableOrTooLarge) {
  ::setenv("NCCL_TUNER_CONFIG_FILE", (dir_.path() / "none.conf").c_str(), 1);
  void* context = start_without_file();
  EXPECT_EQ(ask(context, all_reduce, 1024), Call());
  EXPECT_EQ(v5_->finalize(context), success);
  ::setenv("NCCL_TUNER_CONFIG_FILE", dir_.path().c_str(), 1);
  EXPECT_EQ(v5_->finalize(start_without_file()), success);
  EXPECT_EQ(v5_->finalize(start(std::string((1U << 20U) + 1, '#'))), success);
  ::unsetenv("NCCL_TUNER_CONFIG_FILE");
  EXPECT_EQ(v5_->finalize(start_without_file()), success);
  EXPECT_THAT(logged, ElementsAre(AllOf(HasSubstr("WARN"),
                                        HasSubstr("none.conf: refused, NCCL chooses: it cannot be read: No such")),
                                  AllOf(HasSubstr("WARN"), HasSubstr("it cannot be read: Is a directory")),
                                  AllOf(HasSubstr("WARN"), HasSubstr("found more than 1 MiB, allowed: up to 1 MiB")),
                                  "INFO TUNER/Arbiter: NCCL_TUNER_CONFIG_FILE is not set, NCCL chooses"));
}

TEST_F(TunerPlugin, ServesTheOlderInterfaceAlike) {
  ::setenv("NCCL_TUNER_CONFIG_FILE", dir_.write("old.conf", "allreduce,0,4096,ring,simple,16,1,4\n").c_str(), 1);
  void* context = nullptr;
  ASSERT_EQ(v4_->init(4, 1, nullptr, &context), success);
  Call call;
  EXPECT_EQ(v4_->get_coll_info(context, all_reduce, 64, 1, reinterpret_cast<float**>(call.costs.data()), algorithms,
                               protocols, 0, &call.channels),
            success);
  EXPECT_EQ(call, with(1, 2, 16));
  EXPECT_EQ(v4_->destroy(context), success);
  EXPECT_EQ(v4_->destroy(nullptr), success);
  EXPECT_STREQ(v4_->name, v5_->name);
}

TEST_F(TunerPlugin, AnswersManyThreadsAtOnce) {
  void* const context = start("allreduce,0,4096,ring,ll,4,1,4\nallreduce,4097,8192,tree,ll,8,1,4\n");
  std::vector<std::thread> threads;
  std::array<int, 8> wrong{};
  threads.reserve(wrong.size());
  for (int& mistakes : wrong) {
    threads.emplace_back([&] {
      for (std::size_t bytes = 1; bytes <= 8192; bytes += 7) {
        if (ask(context, all_reduce, bytes) != (bytes <= 4096 ? with(1, 0, 4) : with(0, 0, 8))) ++mistakes;
        if (bytes % 1024 == 1) {  // other communicators come and go
          if (v5_->finalize(start_without_file(2)) != success) ++mistakes;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ::testing::Each(0));
  EXPECT_EQ(v5_->finalize(context), success);
}

TEST_F(TunerPlugin, ShowsNothingButWhatNcclLooksForAndNeedsNothingOfArbiterCudaOrNccl) {
  const auto symbols = testing::run({"nm", "-D", "--defined-only", NCCL_TUNER_ARBITER});
  const auto needs = testing::run({"readelf", "-d", NCCL_TUNER_ARBITER});
  if (symbols.exit_code != 0 || needs.exit_code != 0) GTEST_SKIP() << "no binutils to look into the file";
  EXPECT_EQ(std::ranges::count(symbols.output, '\n'), 2) << symbols.output;
  for (const char* library : {"libarbiter", "libcuda", "libnccl", "libfmt", "libmpi"}) {
    EXPECT_THAT(needs.output, ::testing::Not(HasSubstr(library + std::string("."))));
  }
}

}  // namespace arbiter::tuner
