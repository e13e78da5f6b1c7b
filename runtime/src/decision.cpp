// SPDX-License-Identifier: Apache-2.0
#include "decision.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "errors.hpp"

namespace arbiter::runtime {

namespace {

__extension__ using Wide = unsigned __int128;

/// The largest value that is as near to `low` as to `high`, or nearer, by logarithms: floor(sqrt(low * high)).
std::int64_t middle(std::int64_t low, std::int64_t high) {
  const Wide product = static_cast<Wide>(low) * static_cast<Wide>(high);
  auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(low) * static_cast<double>(high)));
  while (static_cast<Wide>(root) * static_cast<Wide>(root) > product) --root;
  while (static_cast<Wide>(root + 1) * static_cast<Wide>(root + 1) <= product) ++root;
  return root;
}

std::string series_of(const std::string& version) {
  const auto first = version.find('.');
  return first == std::string::npos ? version : version.substr(0, version.find('.', first + 1));
}

void refuse(const std::string& file, const std::string& why) {
  throw CallError(ARBITER_DECISION_REFUSED, fmt::format("{}: {}", file, why));
}

void compare(const std::string& file, const MachineKey& made_on, const MachineKey& here) {
  const auto differ = [&](std::string_view what, const std::string& there, const std::string& now) {
    if (there.empty() || now.empty() || there == now) return;
    refuse(file, fmt::format("the decision was made with {} {}; here is {}", what, there, now));
  };
  differ("the platform", made_on.platform, here.platform);
  differ("the GPU", made_on.gpu, here.gpu);
  differ("the links", made_on.links, here.links);
  differ("multicast", made_on.multicast, here.multicast);
  differ("NCCL", series_of(made_on.nccl), series_of(here.nccl));
}

MachineKey machine_of(const nlohmann::json& document) {
  MachineKey key;
  const auto machine = document.value("machine", nlohmann::json::object());
  if (!machine.is_object()) return key;
  key.platform = machine.value("platform", "");
  const auto facts = machine.value("facts", nlohmann::json::object());
  if (!facts.is_object()) return key;
  key.gpu = facts.value("gpu", "");
  key.links = facts.value("gpu_links", "");
  key.multicast = facts.value("multicast", "");
  key.nccl = facts.value("nccl", "");
  if (key.nccl == "none" || key.nccl == "unknown") key.nccl.clear();
  return key;
}

}  // namespace

std::int64_t bytes_of(arbiter_dtype dtype) { return dtype == ARBITER_FLOAT32 ? 4 : 2; }

const char* name_of(arbiter_dtype dtype) {
  return dtype == ARBITER_BFLOAT16 ? "bfloat16" : dtype == ARBITER_FLOAT16 ? "float16" : "float32";
}

const char* name_of(arbiter_fusion fusion) {
  switch (fusion) {
    case ARBITER_NONE: return "NONE";
    case ARBITER_RESIDUAL_RMS_NORM: return "RESIDUAL_RMS_NORM";
    case ARBITER_RESIDUAL_RMS_NORM_QUANT_FP8: return "RESIDUAL_RMS_NORM_QUANT_FP8";
    case ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4: return "RESIDUAL_RMS_NORM_QUANT_NVFP4";
  }
  return "";
}

void Decision::Ranges::add(std::int64_t up_to, Index index) {
  if (!last.empty() && up_to <= last.back()) return;
  if (!answer.empty() && answer.back() == index) {
    last.back() = up_to;
    return;
  }
  last.push_back(up_to);
  answer.push_back(index);
}

Decision::Index Decision::Ranges::find(std::int64_t value) const {
  const auto at = std::ranges::lower_bound(last, value);
  return at == last.end() ? Index{0} : answer[static_cast<std::size_t>(at - last.begin())];
}

Decision::Decision(std::string why) : description_(std::move(why)) {}

Decision::Decision(const std::string& file, const std::string& text, const std::string& selector, int ranks,
                   const MachineKey& here) {
  DecisionTable table;
  nlohmann::json document;
  try {
    table = read_decision_json(file, text, selector);
    document = nlohmann::json::parse(text);
    compare(file, machine_of(document), here);
    if (document.contains("strategies")) read_strategies(document.at("strategies"));
  } catch (const CallError&) {
    throw;
  } catch (const nlohmann::json::exception& error) {
    refuse(file, error.what());
  } catch (const Error& error) {
    throw CallError(ARBITER_DECISION_REFUSED, error.what());
  }
  if (const auto fault = fault_of(table); !fault.empty()) refuse(file, fault);
  read(table, ranks);
  share_sums();
  std::vector<std::string> unknown;
  for (const Variant& each : variants_) {
    if (!each.unknown.empty()) unknown.push_back(fmt::format("{} ({})", each.name, each.unknown));
  }
  description_ = file;
  if (!unknown.empty()) description_ += fmt::format("; NCCL instead of {}", fmt::join(unknown, ", "));
}

void Decision::read(const DecisionTable& table, int ranks) {
  std::set<int> sizes;
  for (const auto& grid : table.grids) sizes.insert(grid.tp_size);
  for (const auto& steps : table.steps) sizes.insert(steps.tp_size);
  if (!sizes.contains(ranks)) {
    throw CallError(ARBITER_DECISION_REFUSED,
                    fmt::format("the decision was made for tp {}; here are {} ranks", fmt::join(sizes, ", "), ranks));
  }
  for (std::size_t d = 0; d < dtypes; ++d) {
    for (std::size_t f = 0; f < fusions; ++f) {
      Part& part = parts_[d][f];
      const auto dtype = static_cast<DType>(d);
      const std::string_view fusion = name_of(static_cast<arbiter_fusion>(f));
      // What was measured of a dtype holds for others of its width.
      for (const bool same : {true, false}) {
        const auto fits = [&](const auto& each) {
          return each.tp_size == ranks && each.fusion == fusion &&
                 (same ? each.dtype == dtype : size_of(each.dtype) == size_of(dtype));
        };
        if (!part.of_row.empty() || !part.steps.last.empty()) continue;
        const auto grid = std::ranges::find_if(table.grids, fits);
        const auto steps = std::ranges::find_if(table.steps, fits);
        if (grid != table.grids.end()) {
          read(*grid, table.look_up, part);
        } else if (steps != table.steps.end()) {
          for (const auto& step : steps->steps) part.steps.add(step.last_byte, index_of(step.strategy));
        }
      }
    }
  }
}

/// What only moves and adds takes as long as its bytes: a dtype that was not measured has the sums of one that was.
void Decision::share_sums() {
  for (auto& of_dtype : parts_) {
    Part& own = of_dtype[ARBITER_NONE];
    if (!own.of_row.empty() || !own.steps.last.empty()) continue;
    for (const auto& of_other : parts_) {
      const Part& other = of_other[ARBITER_NONE];
      if (!other.of_row.empty() && own.flat.last.empty()) own.flat = other.flat;
    }
  }
}

void Decision::read(const DecisionGrid& grid, LookUp look_up, Part& part) {
  struct Cell {
    std::int64_t tokens;
    Index variant;
  };
  struct Row {
    std::int64_t hidden;
    std::vector<Cell> cells;
  };
  std::vector<Row> rows;
  const std::size_t columns = grid.num_tokens.size();
  for (std::size_t row = 0; row < grid.hidden_sizes.size(); ++row) {
    Row read{grid.hidden_sizes[row], {}};
    for (std::size_t column = 0; column < columns; ++column) {
      const auto cell = grid.cells[row * columns + column];
      if (cell < grid.strategies.size())
        read.cells.push_back({grid.num_tokens[column], index_of(grid.strategies[cell])});
    }
    if (!read.cells.empty()) rows.push_back(std::move(read));
  }
  const bool nearest = look_up == LookUp::nearest || look_up == LookUp::message_size;
  part.by_elements = look_up == LookUp::message_size;
  /// `value` answers from itself (exact), or its power of two, or from the middle between its neighbours.
  const auto add = [&](Ranges& ranges, std::int64_t value, std::int64_t next, Index answer) {
    if (nearest) return ranges.add(next == 0 ? value : middle(value, next), answer);
    ranges.add(value - 1, 0);
    ranges.add(look_up == LookUp::exact ? value : 2 * value - 1, answer);
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    if (i == 0 && nearest) part.rows.add(row.hidden - 1, 0);
    add(part.rows, row.hidden, i + 1 < rows.size() ? rows[i + 1].hidden : 0, static_cast<Index>(i + 1));
    const std::int64_t unit = part.by_elements ? row.hidden : 1;
    Ranges& ranges = part.of_row.emplace_back();
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      add(ranges, row.cells[c].tokens * unit, c + 1 < row.cells.size() ? row.cells[c + 1].tokens * unit : 0,
          row.cells[c].variant);
    }
  }

  // Without rows: of all cells with that many bytes, the one whose hidden size is nearest to 4096 answers.
  std::map<std::int64_t, std::tuple<double, Index>> by_bytes;
  for (const Row& row : rows) {
    const double distance = std::abs(std::log2(static_cast<double>(row.hidden) / 4096.0));
    for (const Cell& cell : row.cells) {
      const std::int64_t bytes = cell.tokens * row.hidden * size_of(grid.dtype);
      const auto [known, is_new] = by_bytes.try_emplace(bytes, distance, cell.variant);
      if (!is_new && distance < std::get<0>(known->second)) known->second = {distance, cell.variant};
    }
  }
  for (auto at = by_bytes.begin(); at != by_bytes.end(); ++at) {
    const auto next = std::next(at);
    part.flat.add(next == by_bytes.end() ? at->first : middle(at->first, next->first), std::get<1>(at->second));
  }
}

Decision::Index Decision::find(arbiter_dtype dtype, arbiter_fusion fusion, std::int64_t num_tokens,
                               std::int64_t hidden_size) const {
  const Part& part = parts_[static_cast<std::size_t>(dtype)][static_cast<std::size_t>(fusion)];
  const std::int64_t elements = hidden_size == 0 ? num_tokens : num_tokens * hidden_size;
  if (!part.steps.last.empty()) return part.steps.find(elements * bytes_of(dtype));
  if (hidden_size == 0 || part.of_row.empty()) return part.flat.find(elements * bytes_of(dtype));
  const Index row = part.rows.find(hidden_size);
  if (row == 0) return 0;
  return part.of_row[row - 1U].find(part.by_elements ? elements : num_tokens);
}

bool Decision::uses(arbiter_dtype dtype, arbiter_fusion fusion, Index variant) const {
  const Part& part = parts_[static_cast<std::size_t>(dtype)][static_cast<std::size_t>(fusion)];
  const auto has = [&](const Ranges& ranges) { return std::ranges::count(ranges.answer, variant) != 0; };
  return has(part.flat) || has(part.steps) || std::ranges::any_of(part.of_row, has);
}

std::uint64_t Decision::fingerprint() const {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  const auto add = [&](std::uint64_t value) { hash = (hash ^ value) * 1099511628211U; };
  const auto add_ranges = [&](const Ranges& ranges) {
    for (const auto last : ranges.last) add(static_cast<std::uint64_t>(last));
    for (const auto answer : ranges.answer) add(answer);
  };
  for (const auto& of_dtype : parts_) {
    for (const Part& part : of_dtype) {
      for (const Ranges* ranges : {&part.rows, &part.flat, &part.steps}) add_ranges(*ranges);
      for (const Ranges& ranges : part.of_row) add_ranges(ranges);
    }
  }
  for (const Variant& each : variants_) {
    const cuda::TileParameters& of = each.parameters;
    for (const int value :
         {static_cast<int>(each.path), static_cast<int>(of.programmatic), static_cast<int>(of.batch_invariant),
          of.target_blocks, of.flat_block, of.blocks_per_row, of.exclusive_sm}) {
      add(static_cast<std::uint64_t>(value));
    }
  }
  return hash;
}

}  // namespace arbiter::runtime
