// SPDX-License-Identifier: Apache-2.0
#include "io/csv_row.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/names.hpp"
#include "io/csv_fields.hpp"
#include "io/field_values.hpp"

namespace arbiter {

namespace {

[[noreturn]] void refuse(CsvColumn column, std::string_view found, std::string_view allowed) {
  refuse_field(name_of(column), found, allowed);
}

bool truth(CsvColumn column, std::string_view text) {
  if (text.empty() || text == "false" || text == "False" || text == "0") return false;
  if (text == "true" || text == "True" || text == "1") return true;
  refuse(column, text, "true or false");
}

std::string_view non_empty(CsvColumn column, std::string_view text) {
  if (text.empty()) refuse(column, text, "a name");
  return text;
}

/// The value that a text names; `otherwise` for an empty one.
template <class Value, class Parse>
Value named(CsvColumn column, std::string_view text, Value otherwise, const Parse& parse, const char* allowed) {
  if (text.empty()) return otherwise;
  const std::optional<Value> value = parse(text);
  if (!value) refuse(column, text, allowed);
  return *value;
}

void check_schema(std::string_view text) {
  if (text.empty()) return;
  const std::int64_t schema = whole_number(name_of(CsvColumn::schema), text, 1);
  if (schema <= csv_schema) return;
  throw NewerCsvSchema(fmt::format("column '{}': found {}, allowed up to {}: a newer Arbiter wrote this file",
                                   name_of(CsvColumn::schema), schema, csv_schema));
}

void check_size(std::string_view text, const Problem& problem) {
  const std::int64_t size = whole_number(name_of(CsvColumn::size), text, 1);
  std::int64_t elements = 0;
  std::int64_t expected = 0;
  if (__builtin_mul_overflow(problem.num_tokens, problem.hidden_size, &elements) ||
      __builtin_mul_overflow(elements, size_of(problem.dtype), &expected) || size != expected) {
    refuse(CsvColumn::size, text,
           fmt::format("{} (num_tokens {} x hidden_size {} x {} bytes of {})", expected, problem.num_tokens,
                       problem.hidden_size, size_of(problem.dtype), name_of(problem.dtype)));
  }
}

}  // namespace

CsvHeader::CsvHeader(const std::vector<std::string_view>& names) : columns_(names.size()) {
  expect_commas(names);
  position_.fill(-1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* alias = std::ranges::find(csv_column_aliases, names[i], &std::pair<std::string_view, CsvColumn>::first);
    const std::string_view name = alias != csv_column_aliases.end() ? name_of(alias->second) : names[i];
    const auto* known = std::ranges::find(csv_column_names, name);
    if (known == csv_column_names.end()) continue;
    int& position = position_[static_cast<std::size_t>(known - csv_column_names.begin())];
    if (position >= 0) throw BadLine(fmt::format("column '{}': found twice, allowed once", name));
    position = static_cast<int>(i);
    if (names[i] == csv_time_of_benchmark) zero_is_skipped_ = true;
  }
  const bool of_bytes = !has(CsvColumn::num_tokens) && !has(CsvColumn::hidden_size) && has(CsvColumn::size);
  for (std::size_t i = 0; i < position_.size(); ++i) {
    const auto column = static_cast<CsvColumn>(i);
    if (position_[i] < 0 && (of_bytes ? is_required_of_bytes(column) : is_required(column))) {
      throw BadLine(fmt::format("column '{}': not in the header, found '{}'", csv_column_names[i],
                                plain_text(fmt::format("{}", fmt::join(names, ",")), 200)));
    }
  }
}

std::string_view CsvHeader::text(const Fields& fields, CsvColumn column) const {
  const int position = position_[static_cast<std::size_t>(column)];
  return position < 0 ? std::string_view{} : fields[static_cast<std::size_t>(position)];
}

CsvRowKind CsvHeader::kind_of(const Fields& fields, bool line_ended) const {
  if (fields.size() != columns_) {
    throw BadLine(fmt::format("line: found {} fields, allowed {} as in the header", fields.size(), columns_));
  }
  if (!line_ended) expect_whole_end(fields);
  if (zero_is_skipped_ && any_number(text(fields, CsvColumn::time)) == 0.0) return CsvRowKind::skipped;
  const bool of_bytes = text(fields, CsvColumn::num_tokens).empty() && text(fields, CsvColumn::hidden_size).empty();
  return of_bytes && !text(fields, CsvColumn::size).empty() ? CsvRowKind::point : CsvRowKind::cell;
}

void CsvHeader::expect_whole_end(const Fields& fields) const {
  const auto last = std::ranges::find(position_, static_cast<int>(columns_) - 1);
  if (last == position_.end() || fields.back().empty()) return;
  const auto column = static_cast<CsvColumn>(last - position_.begin());
  // A part of these is none of their values.
  if (column == CsvColumn::schema || column == CsvColumn::status) return;
  refuse_cut_field(name_of(column), fields.back());
}

int CsvHeader::tp_size_of(const Fields& fields, int expected) const {
  const std::string_view found = text(fields, CsvColumn::world_size);
  const auto tp_size = static_cast<int>(whole_number(name_of(CsvColumn::world_size), found, 1, 1 << 20));
  if (expected != 0 && tp_size != expected) {
    refuse(CsvColumn::world_size, found, fmt::format("{}, as in the file's name", expected));
  }
  return tp_size;
}

Setting CsvHeader::setting_of(const Fields& fields) const {
  Setting setting;
  if (!text(fields, CsvColumn::op).empty()) setting.op = text(fields, CsvColumn::op);
  setting.backend = text(fields, CsvColumn::backend);
  if (const auto hosts = text(fields, CsvColumn::hosts); !hosts.empty()) {
    setting.hosts = static_cast<int>(whole_number(name_of(CsvColumn::hosts), hosts, 1, 1 << 20));
  }
  setting.context = named(CsvColumn::context, text(fields, CsvColumn::context), Context::back_to_back, parse_context,
                          "back_to_back, isolated, engine or engine_early");
  setting.graph = truth(CsvColumn::graph, text(fields, CsvColumn::graph));
  return setting;
}

void CsvHeader::add_point(const Fields& fields, int tp_size, const std::filesystem::path& file,
                          CurveBuilder& curves) const {
  check_schema(text(fields, CsvColumn::schema));
  const std::string_view dtype = dtype_in(text(fields, CsvColumn::dtype));
  const std::optional<DType> known = parse_message_dtype(dtype);
  const std::string_view status = text(fields, CsvColumn::status);
  if (!status.empty() && status != "ok") return;
  ByteCurve curve;
  curve.name = strategy_in(non_empty(CsvColumn::strategy, text(fields, CsvColumn::strategy)));
  if (const auto fusion = text(fields, CsvColumn::fusion); !fusion.empty()) curve.fusion = fusion_in(fusion);
  curve.dtype = known ? name_of(*known) : dtype;
  curve.tp_size = has(CsvColumn::world_size) ? tp_size_of(fields, tp_size) : tp_size;
  curve.setting = setting_of(fields);
  curve.file = file;
  curves.add(curve, {whole_number(name_of(CsvColumn::size), text(fields, CsvColumn::size), 1),
                     microseconds(name_of(CsvColumn::time), text(fields, CsvColumn::time))});
}

Measurement CsvHeader::parse(const Fields& fields, int tp_size) const {
  const auto text = [&](CsvColumn column) { return this->text(fields, column); };
  const auto positive = [&](CsvColumn column) { return whole_number(name_of(column), text(column), 1); };
  const auto count = [&](CsvColumn column) {
    return text(column).empty() ? std::int64_t{0} : whole_number(name_of(column), text(column), 0);
  };
  const auto optional_time = [&](CsvColumn column) {
    return text(column).empty() ? Measurement::none : microseconds(name_of(column), text(column));
  };

  check_schema(text(CsvColumn::schema));
  Measurement row;
  row.problem.tp_size = tp_size_of(fields, tp_size);
  const std::optional<DType> dtype = parse_message_dtype(dtype_in(text(CsvColumn::dtype)));
  if (!dtype) refuse(CsvColumn::dtype, text(CsvColumn::dtype), "bfloat16, float16 or float32");
  row.problem.dtype = *dtype;
  row.problem.num_tokens = positive(CsvColumn::num_tokens);
  row.problem.hidden_size = positive(CsvColumn::hidden_size);
  check_size(text(CsvColumn::size), row.problem);
  row.strategy = strategy_in(non_empty(CsvColumn::strategy, text(CsvColumn::strategy)));
  row.problem.fusion = fusion_in(non_empty(CsvColumn::fusion, text(CsvColumn::fusion)));
  row.setting = setting_of(fields);

  const std::string_view status = text(CsvColumn::status);
  if (!status.empty() && status != "ok" && status != "failed" && status != "suspect") {
    refuse(CsvColumn::status, status, "ok, failed or suspect");
  }
  row.failed = status == "failed";
  row.suspect = status == "suspect";
  if (!row.failed || !text(CsvColumn::time).empty()) {
    row.time_us = microseconds(name_of(CsvColumn::time), text(CsvColumn::time));
  }
  row.numerics = named(CsvColumn::numerics, text(CsvColumn::numerics), Numerics::unknown, parse_numerics,
                       "fp32_rank_order, fp32, per_hop or library");
  row.iterations_per_sample = count(CsvColumn::iterations_per_sample);
  row.tensor_sets = count(CsvColumn::tensor_sets);
  row.samples = count(CsvColumn::samples);
  // Behind a neighbour a sample is a difference, which noise can take below 0.
  const auto of_samples = [&](CsvColumn column) {
    if (text(column).empty() || !has_neighbour(row.setting.context)) return optional_time(column);
    const auto value = any_number(text(column));
    if (!value || !(std::abs(*value) <= longest_us)) {
      refuse(column, text(column), fmt::format("microseconds, a number, at most {:g} from 0", longest_us));
    }
    return *value;
  };
  row.min_us = of_samples(CsvColumn::min_of_means);
  row.p95_us = of_samples(CsvColumn::p95_of_means);
  row.ci_low_us = of_samples(CsvColumn::ci_low);
  row.ci_high_us = of_samples(CsvColumn::ci_high);
  row.lower_bound_us = optional_time(CsvColumn::lower_bound);
  if (const std::string_view error = text(CsvColumn::error); !error.empty()) {
    const std::optional<double> value = any_number(error);
    if (!value || !(*value >= 0.0)) refuse(CsvColumn::error, error, "a number from 0 up");
    row.error = *value;
  }
  row.run_id = text(CsvColumn::run_id);
  return row;
}

}  // namespace arbiter
