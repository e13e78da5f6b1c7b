// SPDX-License-Identifier: Apache-2.0
// Loads a selector from a decision.json and asks it, as an engine does.
//   ask decision.json lut 2 bfloat16 RESIDUAL_RMS_NORM 4096 1 64 1024
#include <iostream>
#include <string>

#include "arbiter/decision_table.hpp"
#include "arbiter/error.hpp"
#include "arbiter/files.hpp"

namespace {

void ask(const std::string& file, const std::string& selector, arbiter::Problem problem, char** tokens) {
  // Once, when the engine starts. The table of the first selector, if the name is empty.
  const arbiter::DecisionTable table = arbiter::read_decision_json(file, arbiter::read_file(file), selector);
  if (const std::string fault = arbiter::fault_of(table); !fault.empty()) throw arbiter::DataError(file + ": " + fault);

  // Then for each problem, from any thread.
  for (; *tokens != nullptr; ++tokens) {
    problem.num_tokens = std::stoll(*tokens);
    std::cout << problem.num_tokens << " " << table.select(problem) << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto dtype = argc < 8 ? std::nullopt : arbiter::parse_message_dtype(argv[4]);
  if (!dtype) {
    std::cerr << "ask decision.json SELECTOR TP_SIZE DTYPE FUSION HIDDEN_SIZE NUM_TOKENS...\n";
    return 2;
  }
  try {
    ask(argv[1], argv[2], {std::stoi(argv[3]), *dtype, argv[5], std::stoll(argv[6]), 0}, argv + 7);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
