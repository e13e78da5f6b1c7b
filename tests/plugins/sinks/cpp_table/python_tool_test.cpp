// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "arbiter/files.hpp"
#include "arbiter/heuristic.hpp"
#include "io/data_dir.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

struct Row {
  int tp_size;
  std::string fusion;
  std::int64_t hidden;
  std::int64_t tokens;
  std::string strategy;
  std::string time;
};

const std::vector<std::string> fusions = {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8",
                                          "RESIDUAL_RMS_NORM_QUANT_NVFP4"};

/// The old files: eight columns, AUTO among the strategies, ties, cells off the grid, repeated and missing cells.
std::vector<Row> made_by_hand(unsigned seed) {
  std::mt19937 random(seed);
  const std::vector<std::string> strategies = {"NCCL", "ONESHOT", "TWOSHOT", "AUTO"};
  const std::vector<std::int64_t> hidden = {128, 256, 1024, 2880, 8192, 16384};
  const std::vector<std::int64_t> tokens = {1, 2, 3, 8, 1024, 16384, 32768};
  std::vector<Row> rows;
  rows.reserve(1500);
  for (int i = 0; i < 1500; ++i) {
    rows.push_back({random() % 2 == 0 ? 2 : 8, fusions[random() % 4], hidden[random() % hidden.size()],
                    tokens[random() % tokens.size()], strategies[random() % 4],
                    std::to_string(1 + random() % 6) + "." + std::to_string(random() % 2)});
  }
  return rows;
}

std::string csv_text(const std::vector<Row>& rows, int tp_size) {
  std::ostringstream text;
  text << "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us)\n";
  for (const Row& row : rows) {
    if (row.tp_size != tp_size) continue;
    text << row.tp_size << ",bfloat16," << row.hidden * row.tokens * 2 << ',' << row.tokens << ',' << row.hidden << ','
         << row.strategy << ',' << row.fusion << ',' << row.time << '\n';
  }
  return text.str();
}

/// The plain rule, point by point: of the rows of the cell that are not AUTO, the first with the least time; 0 without.
int id_of(const std::vector<Row>& rows, int tp_size, const std::string& fusion, std::int64_t hidden,
          std::int64_t tokens) {
  const Row* best = nullptr;
  for (const Row& row : rows) {
    if (row.tp_size != tp_size || row.fusion != fusion || row.hidden != hidden || row.tokens != tokens) continue;
    if (row.strategy == "AUTO") continue;
    if (best == nullptr || std::stod(row.time) < std::stod(best->time)) best = &row;
  }
  if (best == nullptr || best->strategy == "NCCL") return 0;
  return best->strategy == "ONESHOT" ? 4 : 5;
}

std::string expected_table(const std::vector<Row>& rows) {
  std::ostringstream text;
  text << "// Setting: allreduce, context back_to_back, bfloat16.\n"
          "// AllReduce lookup: [tp][fusion][hidden][tokens] = strategy\n"
          "// TP:[2, 4, 8] Fusion:['NONE', 'RESIDUAL_RMS_NORM', 'RESIDUAL_RMS_NORM_QUANT_FP8', "
          "'RESIDUAL_RMS_NORM_QUANT_NVFP4']\n"
          "inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM90 = {\n";
  for (const int tp_size : {2, 4, 8}) {
    text << "    {\n        // TP=" << tp_size << '\n';
    for (const std::string& fusion : fusions) {
      text << "        { // Fusion=" << fusion << '\n';
      for (std::int64_t hidden = 128; hidden <= 8192; hidden *= 2) {
        text << "            {";
        for (std::int64_t tokens = 1; tokens <= 16384; tokens *= 2) {
          text << (tokens > 1 ? "," : "") << id_of(rows, tp_size, fusion, hidden, tokens);
        }
        text << (hidden < 8192 ? "}," : "}") << " // hidden_size=" << hidden << '\n';
      }
      text << (fusion == fusions.back() ? "        }\n" : "        },\n");
    }
    text << (tp_size == 8 ? "    }\n" : "    },\n");
  }
  text << "};\n// Tokens:[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]\n";
  return text.str();
}

/// Without the lines of which the old tool knew nothing: what was not measured, and what the numbers mean.
std::string without_marks(std::string text) {
  const auto numbers = text.find("// What was measured under");
  text.erase(numbers, text.find("// AllReduce lookup") - numbers);
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("// Not measured: ")) kept += line + '\n';
  }
  return kept;
}

}  // namespace

TEST(CppTable, WithArgminAndNcclAsFallbackIsTheTableOfThePlainRuleByteForByte) {
  for (unsigned seed = 0; seed < 3; ++seed) {
    const std::vector<Row> rows = made_by_hand(seed);
    const TempDir data_dir;
    data_dir.write("benchmark.tp8.sm90.csv", csv_text(rows, 8));
    data_dir.write("benchmark.tp2.sm90.csv", csv_text(rows, 2));
    const Dataset data = read_data_dir(data_dir.path(), "").dataset;
    const auto heuristic = load_plugin<Heuristic>(LUT_PLUGIN, {{"mode", "argmin"}, {"fallback", "NCCL"}});
    DecisionsReport end(data, {heuristic->fit(data)});
    load_plugin<Sink>(CPP_TABLE_PLUGIN)->write(end.report);
    EXPECT_EQ(without_marks(read_file(end.run.output_dir / "gen_heuristic_code" / "generated_lookup_table.cpp")),
              expected_table(rows));
  }
}

}  // namespace arbiter::test
