// SPDX-License-Identifier: Apache-2.0
// Loads measurements and draws them.
//   pictures benchmark.tp2.sm90.csv RESIDUAL_RMS_NORM out
#include <filesystem>
#include <iostream>
#include <string>

#include "arbiter/csv.hpp"
#include "arbiter/plots.hpp"

namespace {

void draw(const std::filesystem::path& file, const std::string& fusion, const std::filesystem::path& folder) {
  const arbiter::CsvContents csv = arbiter::read_csv(file);
  for (const std::string& warning : csv.warnings) std::cerr << warning << "\n";
  if (csv.dataset.empty()) throw arbiter::DataError(file.string() + " has no cells");

  // Only rows of one setting may be compared. A file may have several: here, one for each context.
  const arbiter::Dataset dataset = csv.dataset.of_setting(csv.dataset.settings().front());
  std::cout << to_string(csv.dataset.settings().front()) << "\n";
  for (const auto& [problem, rows] : dataset.of_fusion(fusion).cells()) {
    const arbiter::Measurement* best = arbiter::best_of(rows);
    if (best == nullptr || problem.hidden_size != 4096) continue;
    std::cout << to_string(problem) << ": " << best->strategy << ", " << best->time_us << " us\n";
  }

  arbiter::plot_heatmap(dataset, fusion, folder / "heatmap.png");
  arbiter::plot_best_strategy(dataset, fusion, folder / "best_strategy.svg");
  arbiter::plot_strategy_difference(dataset, fusion, folder / "strategy_difference.png");
  arbiter::plot_lines(dataset, fusion, folder / "lines.png");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "pictures FILE.csv FUSION FOLDER\n";
    return 2;
  }
  try {
    draw(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {  // arbiter::Error: for people, in one line or more
    std::cerr << error.what() << "\n";
    return 1;
  }
}
