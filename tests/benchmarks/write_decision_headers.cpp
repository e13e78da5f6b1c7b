// SPDX-License-Identifier: Apache-2.0
// Writes a decision header for each look-up rule into a folder, on the grid that engines use. decision_header_benchmark
// is compiled with them.
#include <cstdio>
#include <exception>
#include <filesystem>

#include "arbiter/files.hpp"
#include "cpp_header/header_text.hpp"
#include "support/decisions_data.hpp"

namespace arbiter {

namespace {

DecisionTable engine_table(LookUp look_up) {
  DecisionTable table{look_up, {}, {}, "NCCL"};
  unsigned noise = 1;
  for (const int tp_size : {2, 4, 8}) {
    for (const char* fusion :
         {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_QUANT_NVFP4"}) {
      DecisionGrid grid{tp_size,
                        DType::bfloat16,
                        fusion,
                        test::powers_of_two(128, 8192),
                        test::powers_of_two(1, 16384),
                        {"NCCL", "ONESHOT", "TWOSHOT"},
                        {}};
      for (std::size_t i = 0; i < grid.hidden_sizes.size() * grid.num_tokens.size(); ++i) {
        noise = noise * 1664525U + 1013904223U;
        grid.cells.push_back(static_cast<std::uint16_t>((noise >> 16U) % 3));
      }
      table.grids.push_back(std::move(grid));
    }
  }
  return table;
}

}  // namespace

}  // namespace arbiter

int main(int argc, char** argv) {
  try {
    const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
    for (const auto look_up : {arbiter::LookUp::nearest, arbiter::LookUp::message_size, arbiter::LookUp::floor_log2}) {
      const std::string name = "by_" + std::string(arbiter::name_of(look_up));
      arbiter::write_file(folder / (name + ".hpp"),
                          arbiter::header_text(arbiter::engine_table(look_up), {name, {}},
                                               [](const std::string&) { return std::nullopt; }));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
