// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "arbiter/files.hpp"
#include "arbiter/heuristic.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

/// A program that holds the table as an engine does and prints every cell.
constexpr const char* reader = R"(
#include <cstdio>
#include <vector>
using AllReduceBestStrategyTableType = std::vector<std::vector<std::vector<std::vector<int>>>>;
#include "out/gen_heuristic_code/generated_lookup_table.cpp"
int main() {
  for (const auto& fusions : AllReduceBestStrategyTableSM90)
    for (const auto& hidden : fusions)
      for (const auto& tokens : hidden) {
        for (int id : tokens) std::printf("%d ", id);
        std::printf("\n");
      }
}
)";

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot start";
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), count);
  const int status = ::pclose(pipe);
  return status == 0 ? text : text + "failed";
}

}  // namespace

TEST(CppTable, CompilesBehindAnEnginesHeaderAndEveryCellReadsBack) {
  std::mt19937 random(11);
  const std::vector<std::string> strategies = {"NCCL", "ONESHOT", "TWOSHOT"};
  Dataset data(Machine{"sm90", {}});
  for (const int tp_size : {2, 4, 8}) {
    for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_NVFP4"}) {
      for (const std::int64_t hidden : powers_of_two(128, 8192)) {
        for (const std::int64_t tokens : powers_of_two(1, 16384)) {
          const std::string& best = strategies[random() % 3];
          for (const std::string& name : strategies) {
            data.add(decision_row({tp_size, DType::bfloat16, fusion, hidden, tokens}, name, name == best ? 1.0 : 2.0));
          }
        }
      }
    }
  }
  const auto heuristic = load_plugin<Heuristic>(LUT_PLUGIN, {{"mode", "argmin"}, {"fallback", "NCCL"}});
  const auto selector = heuristic->fit(data);
  DecisionsReport end(data, {selector});
  load_plugin<Sink>(CPP_TABLE_PLUGIN)->write(end.report);

  std::ostringstream expected;
  for (const int tp_size : {2, 4, 8}) {
    for (const char* fusion :
         {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_QUANT_NVFP4"}) {
      for (const std::int64_t hidden : powers_of_two(128, 8192)) {
        for (const std::int64_t tokens : powers_of_two(1, 16384)) {
          expected << end.ids.at(selector->select({tp_size, DType::bfloat16, fusion, hidden, tokens})) << ' ';
        }
        expected << '\n';
      }
    }
  }
  const std::filesystem::path source = end.dir.write("reader.cpp", reader);
  const std::filesystem::path program = end.dir.path() / "reader";
  const std::string compile =
      std::string(CXX_COMPILER) + " -std=c++17 -Wall -Wextra -Werror -o " + program.string() + " " + source.string();
  ASSERT_EQ(output_of(compile + " 2>&1"), "");
  EXPECT_EQ(output_of(program.string()), expected.str());
}

}  // namespace arbiter::test
