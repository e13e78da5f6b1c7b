// SPDX-License-Identifier: Apache-2.0
// The public calls of plugins check what the hooks get and return: plugins here break one rule each.
#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>

#include "arbiter/backend.hpp"
#include "arbiter/error.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/sink.hpp"
#include "arbiter/strategy.hpp"
#include "comm/silent_group.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {
namespace {

using ::testing::HasSubstr;

const Problem problem = {2, DType::bfloat16, "BROKEN", 4, 1};

/// The text of the Kind that `call` throws.
template <class Kind, class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Kind& error) {
    return error.what();
  }
  return "no error";
}

struct BrokenFusion : Fusion {
  std::vector<TensorSpec> specs;
  double share = 0.0;

 protected:
  [[nodiscard]] Support do_supports(const Problem&) const override { return Support::no(""); }
  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem&) const override { return specs; }
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem&) const override { return nullptr; }
  void do_reference_row(const Problem&, const Bindings&, std::int64_t, std::span<const double>, std::span<const double>,
                        std::vector<ReferenceRow>& outputs) const override {
    outputs.assign(1, {{1.0, 2.0, 3.0, 4.0}, {0.0}});
  }
  [[nodiscard]] double do_check_row(const Problem&, const Bindings&, std::int64_t, std::span<const double>,
                                    std::span<const double>) const override {
    return share;
  }
};

struct BrokenBackend : Backend {
  struct Small : Buffer {
    [[nodiscard]] void* data() const override { return nullptr; }
    [[nodiscard]] std::size_t bytes() const override { return 7; }
  };
  bool buffer = false;

  [[nodiscard]] std::string name() const override { return "broken"; }
  void copy_in(void*, const void*, std::size_t) override {}
  void copy_out(void*, const void*, std::size_t) override {}
  void fill(void*, unsigned char, std::size_t) override {}
  [[nodiscard]] std::int64_t free_bytes(int) const override { return 0; }
  void run(Operation&, const Bindings&) override {}

 protected:
  [[nodiscard]] Support do_available() const override { return Support::no(""); }
  [[nodiscard]] Machine do_machine() const override { return {}; }
  [[nodiscard]] Support do_supports(const Fusion&, const Problem&) const override { return Support::no(""); }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t) override {
    return buffer ? std::make_unique<Small>() : nullptr;
  }
  [[nodiscard]] std::unique_ptr<Operation> do_with_epilogue_pass(std::unique_ptr<Operation>, const Fusion&,
                                                                 const Problem&) override {
    return nullptr;
  }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation*, const SampleRequest&) override { return nullptr; }
};

struct Nothing : Operation {
  void enqueue(const Bindings&) override {}
};

struct BrokenStrategy : Strategy {
  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }

 protected:
  [[nodiscard]] Support do_supports(const Problem&, const ProcessGroup&) const override { return Support::no(""); }
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation&) override { return nullptr; }
};

struct BrokenHeuristic : Heuristic {
  std::shared_ptr<const Selector> selector;

 protected:
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset&) const override { return selector; }
};

struct TableSelector : FunctionSelector {
  explicit TableSelector(DecisionTable decisions)
      : FunctionSelector("table", [](const Problem&) { return "A"; }), decisions_(std::move(decisions)) {}
  [[nodiscard]] const DecisionTable* table() const override { return &decisions_; }

 private:
  DecisionTable decisions_;
};

struct SilentSink : Sink {
  int calls = 0;

 protected:
  void do_skipped(const Problem&, const std::string&, const std::string&) override { ++calls; }
  void do_write(const Report&) override { ++calls; }
};

/// One row of two cells.
DecisionTable one_grid() {
  DecisionTable table;
  table.fallback = "NCCL";
  table.grids.push_back({2, DType::bfloat16, "NONE", {128}, {1, 8}, {"A", "B"}, {0, 1}});
  return table;
}

TEST(Hooks, ThatRefuseWithoutAReasonGetOne) {
  const SilentGroup group(0, 2, true);
  EXPECT_EQ(BrokenFusion().supports(problem).reason, no_reason_given);
  EXPECT_EQ(BrokenBackend().available().reason, no_reason_given);
  EXPECT_EQ(BrokenBackend().supports(BrokenFusion(), problem).reason, no_reason_given);
  EXPECT_EQ(BrokenStrategy().supports(problem, group).reason, no_reason_given);
  EXPECT_EQ(Support::yes().with_reason().reason, "");
  EXPECT_EQ(Support::no("too large").with_reason().reason, "too large");
}

TEST(Hooks, ThatReturnNothingEndInAPluginError) {
  SilentGroup group(0, 2, true);
  BrokenBackend backend;
  const BrokenFusion fusion;
  Nothing operation;
  BrokenStrategy strategy;
  const Preparation preparation{.problem = problem, .group = group, .backend = backend, .fusion = fusion};
  EXPECT_THROW(static_cast<void>(strategy.prepare(preparation)), PluginError);
  EXPECT_THROW(static_cast<void>(fusion.host_epilogue(problem)), PluginError);
  EXPECT_THROW(static_cast<void>(BrokenHeuristic().fit({})), PluginError);
  EXPECT_THROW(static_cast<void>(backend.machine()), PluginError) << "a machine without a platform";
  EXPECT_THROW(static_cast<void>(backend.with_epilogue_pass(nullptr, fusion, problem)), PluginError);
  EXPECT_THROW(static_cast<void>(backend.with_epilogue_pass(std::make_unique<Nothing>(), fusion, problem)),
               PluginError);
  EXPECT_THROW(static_cast<void>(backend.sample(operation, {}, 1, false)), PluginError);
}

TEST(Hooks, ThatReturnTooLittleMemoryEndInAPluginError) {
  BrokenBackend backend;
  EXPECT_EQ(error_of<PluginError>([&] { static_cast<void>(backend.allocate(8)); }), "asked for 8 bytes, it gave 0");
  backend.buffer = true;
  EXPECT_EQ(error_of<PluginError>([&] { static_cast<void>(backend.allocate(8)); }), "asked for 8 bytes, it gave 7");
  EXPECT_NE(backend.allocate(7), nullptr);
}

TEST(Hooks, AreNotAskedForASampleOfNoIterations) {
  BrokenBackend backend;
  Nothing operation;
  for (const std::int64_t iterations : {0, -1}) {
    const auto text = error_of<Error>([&] { static_cast<void>(backend.sample(operation, {}, iterations, false)); });
    EXPECT_THAT(text, HasSubstr("a sample of " + std::to_string(iterations) + " iterations; allowed: from 1 up"));
  }
}

TEST(Hooks, ThatReturnATensorWithoutANameOrOfANegativeSizeEndInAPluginError) {
  BrokenFusion fusion;
  fusion.specs = {{.name = "", .units = 4}};
  const auto tensors = [&] { static_cast<void>(fusion.tensors(problem)); };
  EXPECT_THAT(error_of<PluginError>(tensors), HasSubstr("BROKEN: the tensor '' has 4 units; allowed: a name"));
  fusion.specs = {{.name = "out", .units = -1}};
  EXPECT_THAT(error_of<PluginError>(tensors), HasSubstr("the tensor 'out' has -1 units"));
  fusion.specs = {{.name = "out", .units = 0}};
  EXPECT_EQ(error_of<PluginError>(tensors), "no error");
}

TEST(Hooks, ThatReturnAReferenceWithOtherTolerancesThanValuesEndInAPluginError) {
  std::vector<ReferenceRow> outputs;
  EXPECT_EQ(error_of<PluginError>([&] { BrokenFusion().reference_row(problem, {}, 0, {}, {}, outputs); }),
            "BROKEN: its reference has 4 values and 1 tolerances");
}

TEST(Hooks, ThatCompareWithNaNDoNotPass) {
  BrokenFusion fusion;
  EXPECT_EQ(fusion.check_row(problem, {}, 0, {}, {}), 0.0);
  fusion.share = std::nan("");
  EXPECT_TRUE(std::isinf(fusion.check_row(problem, {}, 0, {}, {})));
}

TEST(Hooks, ThatFitATableWithAFaultEndInAPluginError) {
  BrokenHeuristic heuristic;
  heuristic.selector = std::make_shared<TableSelector>(one_grid());
  EXPECT_NE(heuristic.fit({}), nullptr);
  DecisionTable wrong = one_grid();
  wrong.grids.front().cells = {0};
  heuristic.selector = std::make_shared<TableSelector>(wrong);
  EXPECT_THAT(error_of<PluginError>([&] { static_cast<void>(heuristic.fit({})); }), HasSubstr(fault_of(wrong)));
}

TEST(FaultOf, NamesTheFirstFault) {
  EXPECT_EQ(fault_of(one_grid()), "");
  const auto with = [](auto change) {
    DecisionTable table = one_grid();
    change(table);
    return fault_of(table);
  };
  EXPECT_THAT(with([](auto& table) { table.fallback.clear(); }), HasSubstr("fallback"));
  EXPECT_THAT(with([](auto& table) { table.grids.front().num_tokens = {8, 1}; }), HasSubstr("does not ascend"));
  EXPECT_THAT(with([](auto& table) { table.grids.front().num_tokens = {1, 1}; }), HasSubstr("does not ascend"));
  EXPECT_THAT(with([](auto& table) { table.grids.front().cells = {0, 1, 0}; }), HasSubstr("3 cells"));
  EXPECT_THAT(with([](auto& table) { table.grids.front().cells = {0, 2}; }), HasSubstr("strategy 2 of 2"));
  EXPECT_EQ(with([](auto& table) { table.grids.front().cells = {0, DecisionGrid::no_answer}; }), "");
  EXPECT_THAT(with([](auto& table) { table.steps = {{4, DType::float16, "NONE", {}}}; }), HasSubstr("steps of tp 4"));
  EXPECT_THAT(with([](auto& table) {
                table.steps = {{4, DType::float16, "NONE", {{64, "A"}, {64, "B"}}}};
              }),
              HasSubstr("do not ascend"));
}

TEST(Hooks, OfASinkAreNotCalledWithoutAReasonOrAWayToSpeak) {
  SilentSink sink;
  EXPECT_THROW(sink.skipped(problem, "A", ""), std::invalid_argument);
  const RunInfo run;
  const Dataset none;
  EXPECT_THROW(sink.write({run, none, none, {}, {}, {}, {}}), std::invalid_argument);
  EXPECT_EQ(sink.calls, 0);
  sink.skipped(problem, "A", "it was too slow");
  sink.write({run, none, none, {}, {}, {}, [](const std::string&) {}});
  EXPECT_EQ(sink.calls, 2);
}

TEST(SupportsMessage, RefusesOtherGroupsEmptyMessagesAndOtherDtypes) {
  const auto reason = [](const Problem& asked, int ranks) {
    return supports_message(asked, SilentGroup(0, ranks, true)).reason;
  };
  for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
    EXPECT_EQ(reason({2, dtype, "NONE", 1, 1}, 2), "");
    EXPECT_TRUE(supports_message({2, dtype, "NONE", 1, 1}, SilentGroup(0, 2, true)).ok);
  }
  EXPECT_EQ(reason({2, DType::bfloat16, "NONE", 8, 1}, 4), "tp_size is 2, the group has 4 ranks");
  EXPECT_EQ(reason({4, DType::bfloat16, "NONE", 8, 1}, 2), "tp_size is 4, the group has 2 ranks");
  EXPECT_EQ(reason({2, DType::bfloat16, "NONE", 8, 0}, 2), "0 tokens x 8 elements: the message is empty");
  EXPECT_EQ(reason({2, DType::bfloat16, "NONE", 0, 1}, 2), "1 tokens x 0 elements: the message is empty");
  EXPECT_EQ(reason({2, DType::float8_e4m3, "NONE", 8, 1}, 2), "float8_e4m3 is no message dtype");
}

}  // namespace
}  // namespace arbiter::test
