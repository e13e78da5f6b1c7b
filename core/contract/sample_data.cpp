// SPDX-License-Identifier: Apache-2.0
#include "contract/sample_data.hpp"

#include <limits>
#include <utility>

#include "measure/random_data.hpp"

namespace arbiter {

namespace {

struct Strategy {
  const char* name;
  double latency_us;
  double us_per_mib;
};
constexpr Strategy strategies[] = {
    {"ONESHOT", 4.0, 40.0}, {"TWOSHOT", 7.0, 14.0}, {"MPI", 15.0, 11.0}, {"SLOW", 60.0, 90.0}};

Machine machine() { return {"cpu", {{"cpu", "a sample"}}}; }

Measurement row_of_time(Problem problem, std::string strategy, double time_us) {
  Measurement row;
  row.problem = std::move(problem);
  row.strategy = std::move(strategy);
  row.time_us = time_us;
  row.setting.backend = "host";
  row.iterations_per_sample = 10;
  row.samples = 12;
  row.min_us = time_us * 0.98;
  row.p95_us = time_us * 1.04;
  row.ci_low_us = time_us * 0.99;
  row.ci_high_us = time_us * 1.01;
  row.error = 0.4;
  return row;
}

Measurement failed(Measurement row) {
  row.failed = true;
  row.reason = "a sample of a failure";
  row.time_us = row.min_us = row.p95_us = row.ci_low_us = row.ci_high_us = Measurement::none;
  return row;
}

}  // namespace

Dataset sample_dataset(std::uint64_t seed) {
  Dataset dataset(machine());
  std::int64_t index = 0;
  for (const int tp_size : {2, 4}) {
    for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM"}) {
      for (const std::int64_t hidden_size : {128, 1024, 2880, 8192}) {
        for (std::int64_t num_tokens = 1; num_tokens <= 1024; num_tokens *= 4) {
          const Problem problem{tp_size, DType::bfloat16, fusion, hidden_size, num_tokens};
          double fastest = std::numeric_limits<double>::max();
          for (const auto& strategy : strategies) {
            float noise = 0.0F;
            random_elements({seed, 1, 0.95, 1.05}, DType::float32, index++, 1, &noise);
            const double mib = static_cast<double>(problem.message_bytes()) / (1 << 20);
            const double time =
                static_cast<double>(noise) * (strategy.latency_us + mib * strategy.us_per_mib) * tp_size;
            auto row = row_of_time(problem, strategy.name, time);
            // One cell in a few failed, and ONESHOT was not measured on the largest messages.
            const bool not_measured = num_tokens == 1024 && std::string_view(strategy.name) == "ONESHOT";
            if (not_measured) continue;
            if (index % 11 == 0 && std::string_view(strategy.name) != "MPI") row = failed(row);
            if (row.usable()) fastest = std::min(fastest, time);
            dataset.add(row);
          }
          dataset.add(row_of_time(problem, "AUTO", fastest * 0.9));
        }
      }
    }
  }
  return dataset;
}

std::vector<SampleData> unusual_datasets() {
  const Problem problem{2, DType::bfloat16, "NONE", 1024, 16};
  const auto with = [](std::vector<Measurement> rows) {
    Dataset dataset(machine());
    for (auto& row : rows) dataset.add(std::move(row));
    return dataset;
  };
  const auto good = row_of_time(problem, "ONESHOT", 5.0);
  auto bare = good;
  bare.setting.backend.clear();
  bare.iterations_per_sample = bare.samples = 0;
  bare.min_us = bare.p95_us = bare.ci_low_us = bare.ci_high_us = bare.error = Measurement::none;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {
      {"no rows", with({})},
      {"one row", with({good})},
      {"only failed rows", with({failed(good), failed(row_of_time(problem, "TWOSHOT", 6.0))})},
      {"AUTO rows only", with({row_of_time(problem, "AUTO", 5.0)})},
      {"one strategy on two shapes", with({good, row_of_time({2, DType::bfloat16, "NONE", 1024, 64}, "ONESHOT", 9.0)})},
      {"times of zero, below zero, NaN and infinity",
       with({row_of_time(problem, "A", 0.0), row_of_time(problem, "B", -1.0),
             row_of_time(problem, "C", Measurement::none), row_of_time(problem, "D", infinity), good})},
      {"the same row three times", with({good, good, good, row_of_time(problem, "TWOSHOT", 5.0)})},
      {"a strategy without a published number", with({row_of_time(problem, "MY_OWN", 3.0), good})},
      {"a CSV of another tool: times and nothing else", with({bare})},
      {"several dtypes", with({good, row_of_time({2, DType::float32, "NONE", 1024, 16}, "TWOSHOT", 7.0)})},
      {"a shape of one element", with({row_of_time({2, DType::bfloat16, "NONE", 1, 1}, "ONESHOT", 2.0)})},
  };
}

}  // namespace arbiter
