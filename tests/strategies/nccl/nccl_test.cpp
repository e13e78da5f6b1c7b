// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "arbiter/strategy.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/verification.hpp"
#include "nccl_world.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::test;

struct Choice {
  const char* label;
  const char* strategy;
  Settings settings;
};

class NcclStrategies : public ::testing::TestWithParam<Choice> {
 protected:
  void SetUp() override {
    if (const Support available = backend().available(); !available) GTEST_SKIP() << available.reason;
    strategy_ = make<Strategy>(PluginKind::strategy, GetParam().strategy, GetParam().settings);
    const Problem problem{world().size(), DType::bfloat16, "NONE", 64, 4};
    if (const Support can = strategy_->supports(problem, world()); !can) GTEST_SKIP() << can.reason;
  }

  /// The reduction, followed by the fusion's epilogue unless it is NONE.
  std::unique_ptr<Operation> prepare(const Problem& problem, const Fusion& none, const Fusion& fusion) {
    auto operation = strategy_->prepare({problem, world(), backend(), none, std::chrono::seconds(10), {}});
    if (problem.fusion == "NONE") return operation;
    return backend().with_epilogue_pass(std::move(operation), fusion, problem);
  }

  /// Empty if the operation is right before, in and after samples with and without a graph.
  std::string failure_of(const Problem& problem) {
    const auto none = make<Fusion>(PluginKind::fusion, "NONE");
    const auto fusion = make<Fusion>(PluginKind::fusion, problem.fusion);
    ProblemTensors tensors(problem, *fusion, backend(), world().rank(), {7, false});
    const auto operation = prepare(problem, *none, *fusion);
    const auto first = verify(*operation, problem, *fusion, tensors, backend(), world(),
                              allowed_share(Numerics::library, false, problem));
    if (!first.passed()) return to_string(problem) + ": " + first.reason;
    for (const bool graph : {true, false}) {
      tensors.poison_outputs();
      const auto sample = backend().sample(*operation, tensors.bindings(), 3, graph);
      if (!(sample->time(world()) > 0.0)) return to_string(problem) + ": takes no time";
      const auto after = judge(problem, *fusion, tensors, world(), allowed_share(Numerics::library, false, problem));
      if (!after.passed()) return to_string(problem) + ", sampled: " + after.reason;
    }
    return {};
  }

  std::shared_ptr<Strategy> strategy_;
};

TEST_P(NcclStrategies, ReduceMessagesOfEveryDtypeAndSize) {
  ASSERT_FALSE(strategy_->fuses({world().size(), DType::bfloat16, "NONE", 4096, 4}));
  for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
    for (const auto& [tokens, hidden] : {std::pair{1, 1}, {3, 17}, {5, 2880}, {64, 4096}, {2048, 8192}}) {
      EXPECT_EQ(failure_of({world().size(), dtype, "NONE", hidden, tokens}), "");
    }
  }
}

TEST_P(NcclStrategies, AreFollowedByEveryEpilogue) {
  for (const std::string& name : plugins().names(PluginKind::fusion)) {
    const auto fusion = make<Fusion>(PluginKind::fusion, name);
    for (const std::int64_t tokens : {1, 33, 512}) {
      const Problem problem{world().size(), DType::bfloat16, name, 4096, tokens};
      if (!fusion->supports(problem) || !backend().supports(*fusion, problem)) continue;
      EXPECT_EQ(failure_of(problem), "");
    }
  }
}

TEST_P(NcclStrategies, KeepSeveralOperationsApart) {
  const auto none = make<Fusion>(PluginKind::fusion, "NONE");
  const Problem small{world().size(), DType::bfloat16, "NONE", 128, 4};
  const Problem large{world().size(), DType::float32, "NONE", 4096, 100};
  ProblemTensors small_tensors(small, *none, backend(), world().rank(), {1, false});
  ProblemTensors large_tensors(large, *none, backend(), world().rank(), {2, false});
  const auto of_small = prepare(small, *none, *none);
  const auto of_large = prepare(large, *none, *none);
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(verify(*of_small, small, *none, small_tensors, backend(), world(),
                     allowed_share(Numerics::library, false, small))
                  .reason,
              "");
    EXPECT_EQ(verify(*of_large, large, *none, large_tensors, backend(), world(),
                     allowed_share(Numerics::library, false, large))
                  .reason,
              "");
  }
}

TEST_P(NcclStrategies, RefuseProblemsOfAnotherGroup) {
  const Problem problem{world().size() + 1, DType::bfloat16, "NONE", 64, 4};
  EXPECT_THAT(strategy_->supports(problem, world()).reason, ::testing::HasSubstr("the group has"));
  EXPECT_FALSE(strategy_->supports({world().size(), DType::bfloat16, "NONE", 64, 0}, world()));
}

std::vector<Choice> choices() {
  std::vector<Choice> all{{"Nccl", "NCCL", {}},
                          {"NcclRingSimple", "NCCL", {{"algorithm", "ring"}, {"protocol", "simple"}}},
                          {"NcclInTwoChannels", "NCCL", {{"channels", "2"}}}};
#ifdef ARBITER_NCCL_SYMMETRIC
  all.push_back({"NcclSymmetric", "NCCL_SYMMETRIC", {}});
#endif
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cuda, NcclStrategies, ::testing::ValuesIn(choices()),
                         [](const auto& choice) { return std::string(choice.param.label); });

}  // namespace
