#include "common/label_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

namespace arbiter {

namespace {

/// Formats of one width behave alike: first the width decides, then the order of the enumeration.
auto dtype_distance(DType a, DType b) {
  return std::tuple(a != b, std::abs(size_of(a) - size_of(b)), std::abs(static_cast<int>(a) - static_cast<int>(b)));
}

double log_distance(std::int64_t a, std::int64_t b) {
  return std::log2(static_cast<double>(std::max<std::int64_t>(a, 1))) - std::log2(static_cast<double>(b));
}

std::uint16_t nearest_label(const LabelBlock& block, const Problem& problem) {
  std::uint16_t label = LabelBlock::no_label;
  double nearest = 0.0;
  for (std::size_t cell = 0; cell < block.labels.size(); ++cell) {
    if (block.labels[cell] == LabelBlock::no_label) continue;
    const double h = log_distance(problem.hidden_size, block.hidden[cell / block.tokens.size()]);
    const double t = log_distance(problem.num_tokens, block.tokens[cell % block.tokens.size()]);
    const double distance = h * h + t * t;
    if (label != LabelBlock::no_label && distance >= nearest) continue;
    nearest = distance;
    label = block.labels[cell];
  }
  return label;
}

}  // namespace

std::size_t LabelBlock::cells() const {
  return labels.size() - static_cast<std::size_t>(std::ranges::count(labels, no_label));
}

std::size_t LabelBlock::regions() const {
  std::size_t count = 0;
  std::vector<bool> seen(labels.size(), false);
  std::vector<std::size_t> open;
  const std::size_t width = tokens.size();
  const auto visit = [&](std::size_t cell, std::uint16_t label) {
    if (seen[cell] || labels[cell] != label) return;
    seen[cell] = true;
    open.push_back(cell);
  };
  for (std::size_t start = 0; start < labels.size(); ++start) {
    if (seen[start] || labels[start] == no_label) continue;
    ++count;
    visit(start, labels[start]);
    while (!open.empty()) {
      const std::size_t cell = open.back();
      open.pop_back();
      if (cell % width > 0) visit(cell - 1, labels[cell]);
      if (cell % width + 1 < width) visit(cell + 1, labels[cell]);
      if (cell >= width) visit(cell - width, labels[cell]);
      if (cell + width < labels.size()) visit(cell + width, labels[cell]);
    }
  }
  return count;
}

LabelTable::LabelTable(std::vector<LabelBlock> blocks) : blocks_(std::move(blocks)) {
  std::ranges::sort(blocks_, {}, &LabelBlock::key);
  for (std::size_t first = 0; first < blocks_.size();) {
    std::size_t end = first;
    const BlockKey& key = blocks_[first].key;
    while (end < blocks_.size() && blocks_[end].key.tp_size == key.tp_size && blocks_[end].key.fusion == key.fusion) {
      ++end;
    }
    Entry entry{key.tp_size, key.fusion, {}};
    for (std::size_t dtype = 0; dtype < dtypes; ++dtype) {
      entry.block[dtype] = first;
      for (std::size_t i = first + 1; i < end; ++i) {
        const auto distance = [&](std::size_t block) {
          return dtype_distance(static_cast<DType>(dtype), blocks_[block].key.dtype);
        };
        if (distance(i) < distance(entry.block[dtype])) entry.block[dtype] = i;
      }
    }
    entries_.push_back(std::move(entry));
    first = end;
  }
}

const LabelBlock* LabelTable::block_of(const Problem& problem) const {
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), problem, [](const Entry& e, const Problem& p) {
    return std::tie(e.tp_size, e.fusion) < std::tie(p.tp_size, p.fusion);
  });
  if (entry == entries_.end() || entry->tp_size != problem.tp_size || entry->fusion != problem.fusion) return nullptr;
  return &blocks_[entry->block[static_cast<std::size_t>(problem.dtype)]];
}

const std::string* LabelTable::find(const Problem& problem) const {
  const LabelBlock* block = block_of(problem);
  if (block == nullptr) return nullptr;
  const auto hidden = block->hidden.find(problem.hidden_size);
  const auto tokens = block->tokens.find(problem.num_tokens);
  if (!hidden || !tokens) return nullptr;
  const std::uint16_t label = block->labels[*hidden * block->tokens.size() + *tokens];
  return label == LabelBlock::no_label ? nullptr : &block->strategies[label];
}

const std::string* LabelTable::find_nearest(const Problem& problem) const {
  const LabelBlock* block = block_of(problem);
  if (block == nullptr) return nullptr;
  const std::size_t hidden = block->hidden.nearest(problem.hidden_size);
  const std::size_t tokens = block->tokens.nearest(problem.num_tokens);
  // The nearest point of the whole grid, if it has a label, is the nearest labelled cell.
  std::uint16_t label = block->labels[hidden * block->tokens.size() + tokens];
  if (label == LabelBlock::no_label) label = nearest_label(*block, problem);
  return label == LabelBlock::no_label ? nullptr : &block->strategies[label];
}

}  // namespace arbiter
