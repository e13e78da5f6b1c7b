// SPDX-License-Identifier: Apache-2.0
// The CSV of measurements. What could be read is written and read again: it must be the same cells.
#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "fuzz_input.hpp"

using namespace arbiter;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const auto file = folder.write("benchmark.tp2.cpu.csv", fuzz::text_of(data, size));
  try {
    static_cast<void>(read_csv(file));
  } catch (const Error&) {
  }
  CsvContents read;
  try {
    read = read_csv(file, {.skip_bad_rows = true});
  } catch (const Error&) {
    return 0;
  }
  if (read.dataset.rows().empty()) return 0;
  const auto copy = folder.path() / "copy.csv";
  std::filesystem::remove(copy);
  {
    CsvWriter writer(copy);
    for (const auto& row : read.dataset.rows()) writer.append(row);
  }
  const auto again = read_csv(copy);
  fuzz::require(again.dataset.rows().size() == read.dataset.rows().size(), "rows were lost");
  for (std::size_t i = 0; i < again.dataset.rows().size(); ++i) {
    const auto& first = read.dataset.rows()[i];
    const auto& second = again.dataset.rows()[i];
    fuzz::require(first.problem == second.problem && first.strategy == second.strategy &&
                      first.setting == second.setting && first.failed == second.failed,
                  "a row is another cell when it is read again");
  }
  return 0;
}
