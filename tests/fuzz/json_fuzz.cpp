// SPDX-License-Identifier: Apache-2.0
// decision.json, the record of a run, the facts of a machine, and the checkpoint of a sweep.
#include "arbiter/csv.hpp"
#include "arbiter/decision_table.hpp"
#include "arbiter/error.hpp"
#include "fuzz_input.hpp"
#include "io/provenance.hpp"
#include "supervise/checkpoint.hpp"

using namespace arbiter;

namespace {

void read_decision(const std::string& text) {
  DecisionTable table;
  try {
    table = read_decision_json("decision.json", text, "");
  } catch (const DataError&) {
    return;
  }
  fuzz::require(fault_of(table).empty(), "a table with a fault was read");
  for (const std::int64_t tokens : {1, 100, 1 << 20}) {
    fuzz::require(!table.select({2, DType::bfloat16, "NONE", 4096, tokens}).empty(), "no answer");
  }
  const auto again =
      R"({"format": "arbiter-decision", "version": 1, "selectors": [{"name": "a", "table": )" + to_json(table) + "}]}";
  fuzz::require(to_json(read_decision_json("again", again, "a")) == to_json(table), "another table when read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const std::string text(fuzz::text_of(data, size));
  try {
    read_decision(text);
  } catch (const Error&) {
    fuzz::require(false, "a table cannot be read again");
  }
  try {
    static_cast<void>(Checkpoint::contents_of(text));
  } catch (const DataError&) {
  }
  folder.write(provenance_file_name("20261128-031357-1a2b"), text);
  try {
    static_cast<void>(read_provenance(folder.path(), "20261128-031357-1a2b"));
  } catch (const DataError&) {
  }
  static const auto csv = folder.write("benchmark.tp2.cpu.csv", "world_size,dtype,size\n");
  folder.write("benchmark.tp2.cpu.machine.json", text);
  try {
    static_cast<void>(read_csv(csv));
  } catch (const DataError&) {
  }
  return 0;
}
