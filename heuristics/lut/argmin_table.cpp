#include "lut/argmin_table.hpp"

#include <algorithm>

namespace arbiter {

LabelBlock argmin_labels(const CellBlock& block) {
  LabelBlock result{block.key, block.hidden, block.tokens, block.strategies, {}};
  for (const Measurement* best : block.best) {
    std::uint16_t label = LabelBlock::no_label;
    if (best != nullptr) {
      const auto name = std::ranges::find(block.strategies, best->strategy);
      label = static_cast<std::uint16_t>(name - block.strategies.begin());
    }
    result.labels.push_back(label);
  }
  return result;
}

LabelTable argmin_table(const Dataset& dataset) {
  Dataset pooled(dataset.machine());
  for (Measurement row : dataset.rows()) {
    row.problem.dtype = DType::bfloat16;
    pooled.add(std::move(row));
  }
  std::vector<LabelBlock> blocks;
  for (const CellBlock& block : cell_blocks(pooled, "lut")) blocks.push_back(argmin_labels(block));
  return LabelTable(std::move(blocks));
}

}  // namespace arbiter
