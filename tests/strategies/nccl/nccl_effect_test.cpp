// SPDX-License-Identifier: Apache-2.0
// What NCCL says it did, in its own log: that algorithm, protocol and channels arrive.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "measure/problem_tensors.hpp"
#include "nccl_world.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::test;

/// NCCL opens its log at the first call of the process, so this comes before all tests.
class NcclLog : public ::testing::Environment {
 public:
  void SetUp() override {
    dir_ = std::make_unique<TempDir>();
    ::setenv("NCCL_DEBUG", "INFO", 1);
    ::setenv("NCCL_DEBUG_SUBSYS", "TUNING", 1);
    ::setenv("NCCL_DEBUG_FILE", file().c_str(), 1);
  }
  void TearDown() override { dir_.reset(); }
  [[nodiscard]] std::filesystem::path file() const { return dir_->path() / "nccl.log"; }

 private:
  std::unique_ptr<TempDir> dir_;
};

NcclLog* const nccl_log = dynamic_cast<NcclLog*>(::testing::AddGlobalTestEnvironment(new NcclLog));

struct Way {
  const char* label;
  Settings settings;
  const char* line;  ///< what the log says of the operation, as a regular expression
};

class NcclWays : public ::testing::TestWithParam<Way> {};

TEST_P(NcclWays, AreTheOnesThatNcclTakes) {
  if (const Support available = backend().available(); !available) GTEST_SKIP() << available.reason;
  static std::int64_t turn = 0;  // a different size for each, so that its line is found
  const Problem problem{world().size(), DType::bfloat16, "NONE", 4096, 1024 + 16 * ++turn};
  const auto strategy = make<Strategy>(PluginKind::strategy, "NCCL", GetParam().settings);
  if (const Support can = strategy->supports(problem, world()); !can) GTEST_SKIP() << can.reason;
  const auto none = make<Fusion>(PluginKind::fusion, "NONE");
  ProblemTensors tensors(problem, *none, backend(), world().rank(), {7, false});
  std::unique_ptr<Operation> operation;
  std::unique_ptr<Sample> sample;
  try {
    operation = strategy->prepare({problem, world(), backend(), *none, std::chrono::seconds(10), {}});
    sample = backend().sample(*operation, tensors.bindings(), 1, false);
    EXPECT_GT(sample->time(world()), 0.0);
  } catch (const Error& error) {
    // NVLS needs NVLink multicast, which a machine may have switched off: NCCL knows, and tells every rank.
    const std::string what = error.what();
    if (what.find("no algorithm/protocol available") == std::string::npos) throw;
    GTEST_SKIP() << what;
  }
  if (world().rank() != 0) return;  // only the first rank logs it
  const std::regex line("AllReduce: " + std::to_string(problem.message_bytes()) + " Bytes -> " + GetParam().line,
                        std::regex::icase);
  const std::string log = read_file(nccl_log->file());
  EXPECT_TRUE(std::regex_search(log, line)) << log.substr(log.size() - std::min<std::size_t>(log.size(), 2000));
}

INSTANTIATE_TEST_SUITE_P(
    Cuda, NcclWays,
    ::testing::Values(
        Way{"RingLlInTwoChannels",
            {{"algorithm", "ring"}, {"protocol", "ll"}, {"channels", "2"}},
            R"(Algo RING proto LL channel\{Lo\.\.Hi\}=\{0\.\.1\})"},
        Way{"RingLl128", {{"algorithm", "ring"}, {"protocol", "ll128"}}, "Algo RING proto LL128 "},
        Way{"TreeSimpleInFourChannels",
            {{"algorithm", "tree"}, {"protocol", "simple"}, {"channels", "4"}},
            R"(Algo TREE proto SIMPLE channel\{Lo\.\.Hi\}=\{0\.\.3\})"},
        Way{"RingSimpleAfterTree", {{"algorithm", "ring"}, {"protocol", "simple"}}, "Algo RING proto SIMPLE "},
        Way{"NvlsInEightChannels",
            {{"algorithm", "nvls"}, {"channels", "8"}},
            R"(Algo NVLS proto SIMPLE channel\{Lo\.\.Hi\}=\{0\.\.7\})"}),
    [](const auto& way) { return std::string(way.param.label); });

}  // namespace
