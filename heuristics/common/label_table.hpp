#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/problem.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// The decision of one block: a strategy's number for each cell of its grid, or `no_label`.
struct LabelBlock {
  static constexpr std::uint16_t no_label = 0xFFFF;

  BlockKey key;
  LogAxis hidden;
  LogAxis tokens;
  std::vector<std::string> strategies;
  std::vector<std::uint16_t> labels;  ///< as CellBlock numbers cells

  /// Cells with a label.
  [[nodiscard]] std::size_t cells() const;
  /// Patches of neighbouring cells (along either axis) with one label.
  [[nodiscard]] std::size_t regions() const;
};

/// Blocks of decisions, looked up by problem. Immutable, so thread-safe.
class LabelTable {
 public:
  LabelTable() = default;
  explicit LabelTable(std::vector<LabelBlock> blocks);

  /// Null unless the problem is exactly a labelled cell of its tp size and fusion.
  [[nodiscard]] const std::string* find(const Problem& problem) const;
  /// The nearest labelled cell of the same tp size and fusion; of two equally near ones, the smaller hidden size, then
  /// the fewer tokens. Null if there is no such tp size and fusion.
  [[nodiscard]] const std::string* find_nearest(const Problem& problem) const;
  [[nodiscard]] const std::vector<LabelBlock>& blocks() const { return blocks_; }

 private:
  static constexpr std::size_t dtypes = 5;
  struct Entry {
    int tp_size;
    std::string fusion;
    std::array<std::size_t, dtypes> block;  ///< for each dtype, the block of the nearest one there is
  };
  [[nodiscard]] const LabelBlock* block_of(const Problem& problem) const;

  std::vector<LabelBlock> blocks_;
  std::vector<Entry> entries_;  ///< sorted
};

}  // namespace arbiter
