// SPDX-License-Identifier: Apache-2.0
// What an engine does with Arbiter's results: it links libarbiter alone, loads a decision, and asks it for each
// problem.
//   engine decision.json benchmark.tp<N>.<platform>.csv
#include <iostream>

#include "arbiter/csv.hpp"
#include "arbiter/decision_table.hpp"
#include "arbiter/error.hpp"
#include "arbiter/files.hpp"

int main(int argc, char** argv) {
  using namespace arbiter;
  if (argc != 3) return 2;
  try {
    const DecisionTable table = read_decision_json(argv[1], read_file(argv[1]), "");
    if (const std::string fault = fault_of(table); !fault.empty()) throw DataError(argv[1] + (": " + fault));
    const DType dtype = parse_message_dtype("bf16").value();
    for (const std::int64_t num_tokens : {1, 1024}) {
      const Problem problem = {2, dtype, "NONE", 128, num_tokens};
      std::cout << to_string(problem) << ": " << table.select(problem) << "\n";
    }
    const auto csv = read_csv(argv[2]);
    for (const auto& [problem, rows] : csv.dataset.cells()) {
      const Measurement* best = best_of(rows);
      std::cout << "measured: " << (best == nullptr ? "nothing" : best->strategy) << "\n";
    }
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
