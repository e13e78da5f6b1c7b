// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

/// A synthetic sweep of engines' own kernels behind a neighbour, by the names that configs/engines.yaml gives them.
/// Each has a latency and a bandwidth; a row is off by a share of up to `noise`.
struct KernelSweep {
  std::vector<int> tp_sizes;
  std::vector<std::string> fusions = {"NONE"};
  std::vector<std::string> strategies = {"FLASHINFER_ONESHOT", "FLASHINFER_TWOSHOT", "VLLM_CUSTOM", "NCCL"};
  double noise = 0.0;
  unsigned seed = 1;
  Context context = Context::engine;
};

inline const std::vector<std::string> norm_fusions = {"RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8"};

/// The rows' setting.
inline Setting engine_setting(Context context = Context::engine) { return {"cuda", 1, "allreduce", true, context}; }

inline Measurement engine_row(const Problem& problem, const std::string& strategy, double time_us) {
  Measurement row = decision_row(problem, strategy, time_us);
  row.setting = engine_setting();
  return row;
}

inline double kernel_time(const Problem& problem, std::string_view strategy) {
  struct Cost {
    std::string_view strategy;
    double latency;
    double per_byte;  // in times of the message over 400 GB/s
    bool fuses;
  };
  const double others = problem.tp_size - 1.0;
  const double share = others / problem.tp_size;
  const Cost costs[] = {{"FLASHINFER_ONESHOT", 3.0, others, true},    {"FLASHINFER_TWOSHOT", 6.0, 1.8 * share, true},
                        {"VLLM_CUSTOM", 4.0, 2.2 * share, false},     {"TORCH_SYMM_TWOSHOT", 7.0, 2.1 * share, false},
                        {"TORCH_SYMM_MULTIMEM", 5.0, 1.2, false},     {"NCCL", 14.0, 1.9 * share, false},
                        {"NCCL_SYMMETRIC", 9.0, 1.95 * share, false}, {"ONESHOT", 2.0, others, true},
                        {"TWOSHOT", 3.5, 2.0 * share, true}};
  const auto bytes = static_cast<double>(problem.message_bytes()) / 400e3;
  for (const Cost& cost : costs) {
    if (cost.strategy != strategy) continue;
    const double norm = problem.fusion == "NONE" || cost.fuses ? 0.0 : 2.0 + 0.5 * bytes;
    return cost.latency + cost.per_byte * bytes + norm;
  }
  return 50.0 + 3.0 * bytes;
}

/// Two shots of FlashInfer have no row where it refuses them: for no more tokens than ranks.
inline Dataset kernel_sweep(const KernelSweep& sweep) {
  Dataset data(Machine{"sm90", {{"gpu", "NVIDIA H200"}}});
  std::mt19937 random(sweep.seed);
  std::uniform_real_distribution<double> factor(1.0 - sweep.noise, 1.0 + sweep.noise);
  for (const int tp_size : sweep.tp_sizes) {
    for (const std::string& fusion : sweep.fusions) {
      for (const std::int64_t hidden : {1024, 2880, 4096, 8192}) {
        for (const std::int64_t tokens : {1, 2, 4, 8, 24, 64, 128, 256, 500, 1024, 2048, 4096}) {
          for (const std::string& strategy : sweep.strategies) {
            const Problem problem{tp_size, DType::bfloat16, fusion, hidden, tokens};
            Measurement row = decision_row(problem, strategy, kernel_time(problem, strategy) * factor(random));
            row.setting = engine_setting(sweep.context);
            if (strategy != "FLASHINFER_TWOSHOT" || tokens > tp_size) data.add(row);
          }
        }
      }
    }
  }
  return data;
}

}  // namespace arbiter::test
