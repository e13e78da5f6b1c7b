// SPDX-License-Identifier: Apache-2.0
// The numbers of vLLM's tables (vllm_rules.hpp has the release).
#include <map>
#include <tuple>

#include "vllm/vllm_rules.hpp"

namespace arbiter::vllm {

namespace {

/// By GPU and tp size.
using Table = std::map<std::pair<int, int>, std::int64_t>;

const Table& custom_table() {
  static const Table table = {{{90, 2}, 64 * mib}, {{90, 4}, 32 * mib}, {{90, 6}, 512 * kib}, {{90, 8}, 256 * kib},
                              {{100, 2}, 2 * mib}, {{100, 4}, 2 * mib}, {{100, 6}, 1 * mib},  {{100, 8}, 1 * mib},
                              {{103, 2}, 4 * mib}, {{103, 4}, 4 * mib}, {{103, 6}, 8 * mib},  {{103, 8}, 4 * mib},
                              {{107, 2}, 4 * mib}, {{107, 4}, 4 * mib}, {{107, 6}, 8 * mib},  {{107, 8}, 4 * mib}};
  return table;
}

const Table& symm_mem_table() {
  static const Table table = {{{90, 2}, 64 * mib}, {{90, 4}, 32 * mib},  {{90, 6}, 64 * mib},   {{90, 8}, 64 * mib},
                              {{100, 2}, 8 * mib}, {{100, 4}, 32 * mib}, {{100, 6}, 128 * mib}, {{100, 8}, 128 * mib},
                              {{103, 2}, 4 * mib}, {{103, 4}, 32 * mib}, {{103, 6}, 32 * mib},  {{103, 8}, 64 * mib},
                              {{107, 2}, 4 * mib}, {{107, 4}, 32 * mib}, {{107, 6}, 32 * mib},  {{107, 8}, 64 * mib}};
  return table;
}

const Table& fused_table() {
  static const Table table = {{{90, 2}, 64 * mib},   {{90, 4}, 2 * mib},   {{90, 8}, 512 * kib}, {{100, 2}, 64 * mib},
                              {{100, 4}, 32 * mib},  {{100, 8}, 1 * mib},  {{103, 2}, 64 * mib}, {{103, 4}, 64 * mib},
                              {{103, 8}, 4 * mib},   {{107, 2}, 64 * mib}, {{107, 4}, 64 * mib}, {{107, 8}, 2 * mib},
                              {{100, 16}, 64 * mib}, {{103, 16}, 64 * mib}};
  return table;
}

const Table& one_shot_table() {
  static const Table table = {{{90, 2}, 32 * mib}, {{90, 4}, 2 * mib},   {{90, 8}, 512 * kib}, {{100, 2}, 32 * mib},
                              {{100, 4}, 4 * mib}, {{100, 8}, 1 * mib},  {{103, 2}, 32 * mib}, {{103, 4}, 4 * mib},
                              {{103, 8}, 2 * mib}, {{107, 2}, 32 * mib}, {{107, 4}, 4 * mib},  {{107, 8}, 2 * mib}};
  return table;
}

/// By GPU, tp size and number of nodes.
const std::map<std::tuple<int, int, int>, std::int64_t>& mnnvl_table() {
  static const std::map<std::tuple<int, int, int>, std::int64_t> table = {
      {{100, 8, 1}, 128 * mib}, {{100, 8, 2}, 128 * mib}, {{103, 4, 1}, 80 * mib},
      {{103, 8, 1}, 128 * mib}, {{103, 8, 2}, 128 * mib}, {{103, 16, 4}, 8 * mib}};
  return table;
}

template <class Map>
std::optional<std::int64_t> value_in(const Map& table, const typename Map::key_type& key) {
  const auto found = table.find(key);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Sizes shipped_sizes(int sm, int tp_size, int nodes) {
  const std::pair key(sm, tp_size);
  Sizes sizes{
      value_in(fused_table(), key),  value_in(one_shot_table(), key), value_in(mnnvl_table(), {sm, tp_size, nodes}),
      value_in(custom_table(), key), value_in(symm_mem_table(), key), std::nullopt};
  if (tp_size == 4) sizes.range = {16 * kib, 512 * kib};
  if (tp_size == 8) sizes.range = {16 * kib, 128 * kib};
  return sizes;
}

}  // namespace arbiter::vllm
