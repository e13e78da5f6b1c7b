// SPDX-License-Identifier: Apache-2.0
#include "arbiter/dataset.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "arbiter/names.hpp"

namespace arbiter {

namespace {

template <class Projection>
auto ascending(const RowList& rows, Projection projection) {
  std::vector<std::decay_t<decltype(projection(rows.front()))>> values;
  for (const Measurement& row : rows) {
    const auto value = projection(row);
    if (values.empty() || values.back() != value) values.push_back(value);
  }
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

template <class Projection>
std::vector<std::string> in_order_of_appearance(const RowList& rows, Projection projection) {
  std::vector<Name> values;
  for (const Measurement& row : rows) {
    const Name value = projection(row);
    if (!values.empty() && values.back() == value) continue;
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  return {values.begin(), values.end()};
}

constexpr std::array<std::pair<Context, std::string_view>, 4> context_names = {{
    {Context::back_to_back, "back_to_back"},
    {Context::isolated, "isolated"},
    {Context::engine, "engine"},
    {Context::engine_early, "engine_early"},
}};

constexpr std::array<std::pair<Numerics, std::string_view>, 5> numerics_names = {{
    {Numerics::unknown, ""},
    {Numerics::fp32_rank_order, "fp32_rank_order"},
    {Numerics::fp32, "fp32"},
    {Numerics::per_hop, "per_hop"},
    {Numerics::library, "library"},
}};

template <class Names, class Value>
std::string_view name_in(const Names& names, Value value) {
  const auto found = std::ranges::find(names, value, &Names::value_type::first);
  return found == names.end() ? std::string_view("unknown") : found->second;
}

template <class Value, class Names>
std::optional<Value> value_in(const Names& names, std::string_view text) {
  const auto found = std::ranges::find(names, text, &Names::value_type::second);
  if (found == names.end()) return std::nullopt;
  return found->first;
}

}  // namespace

std::string_view name_of(Context context) { return name_in(context_names, context); }
std::optional<Context> parse_context(std::string_view text) { return value_in<Context>(context_names, text); }
std::string_view name_of(Numerics numerics) { return name_in(numerics_names, numerics); }
std::optional<Numerics> parse_numerics(std::string_view text) { return value_in<Numerics>(numerics_names, text); }

std::string to_string(const Setting& setting) {
  // A file that does not say the backend does not say either how the operation was launched.
  const bool unknown = setting.backend.empty() && !setting.graph;
  return fmt::format("{}{}{}, context {}{}", setting.backend.empty() ? "" : setting.backend + ", ", setting.op,
                     unknown         ? ""
                     : setting.graph ? ", graph"
                                     : ", eager",
                     name_of(setting.context), setting.hosts == 1 ? "" : fmt::format(", {} hosts", setting.hosts));
}

void Dataset::append(const Dataset& other) {
  if (machine_.platform.empty()) machine_.platform = other.machine_.platform;
  machine_.facts.insert(other.machine_.facts.begin(), other.machine_.facts.end());
  if (rows_.empty()) rows_.rows_.reserve(other.rows_.size());
  // Not by iterators: `other` may be this one.
  const std::size_t count = other.rows_.size();
  for (std::size_t i = 0; i < count; ++i) rows_.rows_.push_back(other.rows_.rows_[i]);
  const std::size_t blocks = other.rows_.kept_.size();
  for (std::size_t i = 0; i < blocks; ++i) rows_.kept_.push_back(other.rows_.kept_[i]);
}

void Dataset::add(Measurement measurement) {
  if (open_ == nullptr || open_->size() == open_->capacity()) {
    constexpr std::size_t most_rows = std::size_t{1} << 14U;
    const std::size_t rows = open_ == nullptr ? 16 : std::min(2 * open_->capacity(), most_rows);
    open_ = std::make_shared<RowList::Block>();
    open_->reserve(rows);
    rows_.kept_.push_back(open_);
  }
  rows_.rows_.push_back(&open_->emplace_back(measurement));
}

std::vector<int> Dataset::tp_sizes() const {
  return ascending(rows_, [](const Measurement& row) { return row.problem.tp_size; });
}

std::vector<DType> Dataset::dtypes() const {
  return ascending(rows_, [](const Measurement& row) { return row.problem.dtype; });
}

std::vector<std::string> Dataset::fusions() const {
  return in_order_of_appearance(rows_, [](const Measurement& row) { return row.problem.fusion; });
}

std::vector<std::string> Dataset::strategies() const {
  return in_order_of_appearance(rows_, [](const Measurement& row) { return row.strategy; });
}

std::vector<std::int64_t> Dataset::hidden_sizes() const {
  return ascending(rows_, [](const Measurement& row) { return row.problem.hidden_size; });
}

std::vector<std::int64_t> Dataset::num_tokens() const {
  return ascending(rows_, [](const Measurement& row) { return row.problem.num_tokens; });
}

std::vector<Setting> Dataset::settings() const {
  std::vector<Setting> settings;
  for (const Measurement& row : rows_) {
    if (!settings.empty() && settings.back() == row.setting) continue;
    if (std::ranges::find(settings, row.setting) == settings.end()) settings.push_back(row.setting);
  }
  return settings;
}

Dataset Dataset::of_setting(const Setting& setting) const {
  return filtered([&](const Measurement& row) { return row.setting == setting; });
}

Dataset Dataset::of_tp_size(int tp_size) const {
  return filtered([&](const Measurement& row) { return row.problem.tp_size == tp_size; });
}

Dataset Dataset::of_dtype(DType dtype) const {
  return filtered([&](const Measurement& row) { return row.problem.dtype == dtype; });
}

Dataset Dataset::of_fusion(std::string_view fusion) const {
  return filtered([&](const Measurement& row) { return row.problem.fusion == fusion; });
}

std::map<Problem, std::vector<const Measurement*>> Dataset::cells() const {
  std::map<Problem, std::vector<const Measurement*>> cells;
  auto cell =
      cells.end();  // of the last row: the rows of a cell mostly follow each other, and cells their predecessors
  for (const Measurement& row : rows_) {
    if (cell == cells.end() || cell->first != row.problem) {
      cell = cells.try_emplace(cell == cells.end() ? cell : std::next(cell), row.problem);
    }
    cell->second.push_back(&row);
  }
  return cells;
}

const Measurement* best_of(const std::vector<const Measurement*>& cell) {
  const Measurement* best = nullptr;
  for (const Measurement* row : cell) {
    if (!row->usable() || row->strategy == "AUTO") continue;
    if (best == nullptr || row->time_us < best->time_us) best = row;
  }
  return best;
}

const Measurement* row_of(const std::vector<const Measurement*>& cell, std::string_view strategy) {
  const Measurement* best = nullptr;
  for (const Measurement* row : cell) {
    if (!row->usable() || row->strategy != strategy) continue;
    if (best == nullptr || row->time_us < best->time_us) best = row;
  }
  return best;
}

std::string file_stem(int tp_size, std::string_view platform) {
  return fmt::format("benchmark.tp{}.{}", tp_size, platform.empty() ? std::string() : file_name(platform));
}

}  // namespace arbiter
