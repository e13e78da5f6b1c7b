#include "lp/size_groups.hpp"

#include "lp/relative_cost.hpp"

namespace arbiter {

SizeGroups size_groups(const std::vector<const CellBlock*>& blocks, const std::vector<std::string>& order) {
  SizeGroups groups;
  std::vector<std::int64_t> bytes;
  for (const CellBlock* block : blocks) {
    const RelativeCosts costs = relative_costs(*block, order);
    for (const std::size_t cell : costs.cells) {
      groups.members.push_back({block, cell, 0});
      bytes.push_back(block->hidden_of(cell) * block->tokens_of(cell) * size_of(block->key.dtype));
    }
    groups.member_cost.insert(groups.member_cost.end(), costs.cost.begin(), costs.cost.end());
  }
  const LogAxis axis(bytes);
  groups.bytes = axis.values();
  penalise_missing(groups.member_cost, order.size());
  groups.cost.assign(groups.bytes.size() * order.size(), 0.0);
  for (std::size_t i = 0; i < groups.members.size(); ++i) {
    groups.members[i].group = *axis.find(bytes[i]);
    for (std::size_t k = 0; k < order.size(); ++k) {
      groups.cost[groups.members[i].group * order.size() + k] += groups.member_cost[i * order.size() + k];
    }
  }
  return groups;
}

}  // namespace arbiter
