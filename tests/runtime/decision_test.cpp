// SPDX-License-Identifier: Apache-2.0
#include "decision.hpp"

#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "arbiter/decision_table.hpp"
#include "built_in_decisions.hpp"
#include "errors.hpp"

namespace {

using namespace arbiter;
using runtime::CallError;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Made = runtime::Decision;

std::string document(const DecisionTable& table, const std::string& more = "") {
  return fmt::format(
      R"({{"format": "arbiter-decision", "version": 1, {} "selectors": [{{"name": "one", "table": {}}}]}})", more,
      to_json(table));
}

DecisionTable one_grid(LookUp look_up, std::vector<std::string> strategies = {"NCCL", "ONESHOT", "TWOSHOT_PLAIN"}) {
  DecisionTable table;
  table.look_up = look_up;
  table.fallback = "NCCL";
  DecisionGrid grid{2, DType::bfloat16, "NONE", {1024, 4096}, {1, 16, 64}, std::move(strategies), {1, 2, 0, 1, 1, 2}};
  table.grids.push_back(grid);
  return table;
}

std::string name_at(const Made& decision, std::int64_t tokens, std::int64_t hidden,
                    arbiter_dtype dtype = ARBITER_BFLOAT16) {
  return decision.variant(decision.find(dtype, ARBITER_NONE, tokens, hidden)).name;
}

std::string refusal(const std::string& text, const runtime::MachineKey& here, int ranks = 2) {
  try {
    const Made decision("d.json", text, "", ranks, here);
    return "";
  } catch (const CallError& error) {
    EXPECT_EQ(error.status(), ARBITER_DECISION_REFUSED);
    return error.what();
  }
}

TEST(RuntimeDecision, AnswersAsTheTableWithinWhatWasMeasured) {
  std::mt19937 random(3);
  for (const LookUp look_up : {LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    DecisionTable table;
    table.look_up = look_up;
    table.fallback = "NCCL";
    DecisionGrid grid{4, DType::float16, "RESIDUAL_RMS_NORM", {128, 1024, 2048, 8192}, {1, 2, 8, 32, 512}, {}, {}};
    grid.strategies = {"NCCL", "ONESHOT", "ONESHOT_PLAIN", "TWOSHOT"};
    for (int cell = 0; cell < 20; ++cell) {
      // Not in the last column, beyond which nothing was measured.
      const bool missing = cell % 5 != 4 && random() % 4 == 0;
      grid.cells.push_back(missing ? DecisionGrid::no_answer : static_cast<std::uint16_t>(random() % 4));
    }
    table.grids.push_back(grid);
    const Made decision("d.json", document(table), "", 4, {});
    for (int i = 0; i < 4000; ++i) {
      const auto hidden = std::uniform_int_distribution<std::int64_t>(128, 8192)(random);
      const auto tokens = std::uniform_int_distribution<std::int64_t>(1, 512)(random);
      if (look_up == LookUp::message_size && tokens * hidden > 65536) continue;
      const Problem problem{4, DType::float16, "RESIDUAL_RMS_NORM", hidden, tokens};
      const auto index = decision.find(ARBITER_FLOAT16, ARBITER_RESIDUAL_RMS_NORM, tokens, hidden);
      ASSERT_EQ(decision.variant(index).name, table.select(problem))
          << name_of(look_up) << " " << tokens << " x " << hidden;
    }
  }
}

TEST(RuntimeDecision, SendsToNcclWhatWasNeverMeasured) {
  const Made decision("d.json", document(one_grid(LookUp::nearest)), "", 2, {});
  EXPECT_EQ(name_at(decision, 1, 1024), "ONESHOT");
  EXPECT_EQ(name_at(decision, 16, 1024), "TWOSHOT_PLAIN");
  EXPECT_EQ(name_at(decision, 1, 1023), "NCCL") << "narrower rows";
  EXPECT_EQ(name_at(decision, 1, 4097), "NCCL") << "wider rows";
  EXPECT_EQ(name_at(decision, 65, 4096), "NCCL") << "more tokens";
  EXPECT_EQ(name_at(decision, 1, 1024, ARBITER_FLOAT16), "ONESHOT") << "elements of the same width";
  EXPECT_EQ(decision.find(ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM, 1, 1024), 0) << "another fusion";
}

TEST(RuntimeDecision, FindsMessagesWithoutRowsByTheirBytes) {
  const Made decision("d.json", document(one_grid(LookUp::nearest)), "", 2, {});
  EXPECT_EQ(name_at(decision, 1, 0), "ONESHOT") << "smaller than any measured: as the smallest";
  EXPECT_EQ(name_at(decision, 4096, 0), "ONESHOT");
  EXPECT_EQ(name_at(decision, 16384, 0), "TWOSHOT_PLAIN") << "16 x 1024";
  EXPECT_EQ(name_at(decision, 65536, 0), "ONESHOT") << "of 64 x 1024 and 16 x 4096, the hidden size nearest to 4096";
  EXPECT_EQ(name_at(decision, 262144, 0), "TWOSHOT_PLAIN");
  EXPECT_EQ(name_at(decision, 262145, 0), "NCCL") << "larger than any measured";
}

TEST(RuntimeDecision, FindsSumsOfADtypeThatWasNotMeasuredByTheirBytes) {
  const Made decision("d.json", document(one_grid(LookUp::nearest)), "", 2, {});
  EXPECT_EQ(name_at(decision, 1, 512, ARBITER_FLOAT32), "ONESHOT") << "the bytes of 1 x 1024";
  EXPECT_EQ(name_at(decision, 16, 512, ARBITER_FLOAT32), "TWOSHOT_PLAIN") << "the bytes of 16 x 1024";
  EXPECT_EQ(name_at(decision, 131072, 0, ARBITER_FLOAT32), "TWOSHOT_PLAIN");
  EXPECT_EQ(name_at(decision, 131073, 0, ARBITER_FLOAT32), "NCCL") << "larger than any measured";
  EXPECT_EQ(decision.find(ARBITER_FLOAT32, ARBITER_RESIDUAL_RMS_NORM, 1, 1024), 0) << "a fusion";
}

TEST(RuntimeDecision, ReadsWhatANameIs) {
  const std::string more = R"("strategies": {
      "SMALL": {"strategy": "ONESHOT", "backend": "cuda", "parameters": {"programmatic": "false", "target_blocks": "64",
                "exclusive_sm": "no", "blocks_per_row": "2", "trigger": "late"}},
      "NEVER": {"strategy": "TWOSHOT", "backend": "cuda", "parameters": {"trigger": "never"}}},)";
  const Made decision("d.json", document(one_grid(LookUp::exact, {"SMALL", "NEVER", "FLASHINFER_ONESHOT"}), more), "",
                      2, {});
  const auto& small = decision.variant(decision.find(ARBITER_BFLOAT16, ARBITER_NONE, 64, 1024));
  EXPECT_EQ(small.path, ARBITER_PATH_ONESHOT);
  EXPECT_FALSE(small.parameters.programmatic);
  EXPECT_EQ(small.parameters.target_blocks, 64);
  EXPECT_EQ(small.parameters.exclusive_sm, 0);
  EXPECT_EQ(small.parameters.blocks_per_row, 2);
  EXPECT_EQ(small.parameters.trigger, cuda::Trigger::late);
  const auto& never = decision.variant(decision.find(ARBITER_BFLOAT16, ARBITER_NONE, 1, 1024));
  EXPECT_EQ(never.path, ARBITER_PATH_NCCL);
  EXPECT_THAT(decision.description(), AllOf(HasSubstr("d.json; NCCL instead of"), HasSubstr("trigger: never"),
                                            HasSubstr("FLASHINFER_ONESHOT (the runtime does not have it)")));
}

TEST(RuntimeDecision, IsRefusedOnAnotherMachine) {
  const std::string more = R"("machine": {"platform": "sm90", "facts": {"gpu": "NVIDIA H200", "nccl": "2.28.9",
      "gpu_links": "NVLink", "multicast": "off"}},)";
  const std::string text = document(one_grid(LookUp::nearest), more);
  const runtime::MachineKey same{"sm90", "NVIDIA H200", "NVLink", "off", "2.28.3"};
  EXPECT_EQ(refusal(text, same), "");
  EXPECT_EQ(refusal(text, {}), "") << "what is not known here is not compared";
  auto other = same;
  other.gpu = "NVIDIA H100";
  EXPECT_THAT(refusal(text, other), AllOf(HasSubstr("d.json"), HasSubstr("NVIDIA H200"), HasSubstr("NVIDIA H100")));
  other = same;
  other.links = "PCIe";
  EXPECT_THAT(refusal(text, other), HasSubstr("the links NVLink; here is PCIe"));
  other = same;
  other.multicast = "left to NCCL";
  EXPECT_THAT(refusal(text, other), HasSubstr("multicast"));
  other = same;
  other.nccl = "2.27.9";
  EXPECT_THAT(refusal(text, other), HasSubstr("NCCL 2.28; here is 2.27"));
  EXPECT_THAT(refusal(text, same, 8), HasSubstr("made for tp 2; here are 8 ranks"));
}

TEST(RuntimeDecision, IsRefusedIfTheFileIsNone) {
  EXPECT_THAT(refusal("[", {}), HasSubstr("d.json"));
  EXPECT_THAT(refusal("{}", {}), HasSubstr("format"));
}

TEST(RuntimeDecision, TheBuiltInOnesAreMadeForAMachineAndNameWhatTheRuntimeHas) {
  ASSERT_FALSE(runtime::built_in_decisions().empty());
  for (const auto& [name, text] : runtime::built_in_decisions()) {
    const auto facts = nlohmann::json::parse(text).at("machine").at("facts");
    const runtime::MachineKey same{"", facts.at("gpu"), facts.at("gpu_links"), facts.at("multicast"), facts.at("nccl")};
    const Made decision(std::string(name), std::string(text), "", 2, same);
    EXPECT_EQ(decision.description(), name) << "every name is known";
    EXPECT_NE(decision.find(ARBITER_BFLOAT16, ARBITER_NONE, 1, 4096), 0);
    EXPECT_NE(decision.find(ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM, 16, 4096), 0);
    EXPECT_THAT(refusal(std::string(text), {"", "another GPU", "", "", ""}), HasSubstr("another GPU"));
  }
}

}  // namespace
