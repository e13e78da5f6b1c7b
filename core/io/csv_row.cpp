// SPDX-License-Identifier: Apache-2.0
#include "io/csv_row.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/names.hpp"

namespace arbiter {

namespace {

[[noreturn]] void refuse(CsvColumn column, std::string_view found, std::string_view allowed) {
  throw BadCsvLine(fmt::format("column '{}': found '{}', allowed {}", name_of(column), plain_text(found, 60), allowed));
}

std::int64_t whole_number(CsvColumn column, std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    refuse(column, text,
           high == std::numeric_limits<std::int64_t>::max() ? fmt::format("a whole number from {} up", low)
                                                            : fmt::format("a whole number, {}..{}", low, high));
  }
  return value;
}

std::optional<double> number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

double microseconds(CsvColumn column, std::string_view text) {
  const std::optional<double> value = number(text);
  if (!value || !std::isfinite(*value) || *value <= 0.0) refuse(column, text, "microseconds, a number above 0");
  return *value;
}

bool truth(CsvColumn column, std::string_view text) {
  if (text.empty() || text == "false" || text == "False" || text == "0") return false;
  if (text == "true" || text == "True" || text == "1") return true;
  refuse(column, text, "true or false");
}

std::string non_empty(CsvColumn column, std::string_view text) {
  if (text.empty()) refuse(column, text, "a name");
  return std::string(text);
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
  const std::int64_t schema = whole_number(CsvColumn::schema, text, 1, std::numeric_limits<std::int64_t>::max());
  if (schema <= csv_schema) return;
  throw NewerCsvSchema(fmt::format("column '{}': found {}, allowed up to {}: a newer Arbiter wrote this file",
                                   name_of(CsvColumn::schema), schema, csv_schema));
}

void check_size(std::string_view text, const Problem& problem) {
  const std::int64_t size = whole_number(CsvColumn::size, text, 1, std::numeric_limits<std::int64_t>::max());
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
  position_.fill(-1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* alias = std::ranges::find(csv_column_aliases, names[i], &std::pair<std::string_view, CsvColumn>::first);
    const std::string_view name = alias != csv_column_aliases.end() ? name_of(alias->second) : names[i];
    const auto* known = std::ranges::find(csv_column_names, name);
    if (known == csv_column_names.end()) continue;
    int& position = position_[static_cast<std::size_t>(known - csv_column_names.begin())];
    if (position >= 0) throw BadCsvLine(fmt::format("column '{}': found twice, allowed once", name));
    position = static_cast<int>(i);
  }
  for (std::size_t i = 0; i < position_.size(); ++i) {
    if (position_[i] < 0 && is_required(static_cast<CsvColumn>(i))) {
      throw BadCsvLine(fmt::format("column '{}': not in the header, found '{}'", csv_column_names[i],
                                   plain_text(fmt::format("{}", fmt::join(names, ",")), 200)));
    }
  }
}

Measurement CsvHeader::parse(const std::vector<std::string_view>& fields, int tp_size) const {
  if (fields.size() != columns_) {
    throw BadCsvLine(fmt::format("line: found {} fields, allowed {} as in the header", fields.size(), columns_));
  }
  const auto text = [&](CsvColumn column) {
    const int position = position_[static_cast<std::size_t>(column)];
    return position < 0 ? std::string_view{} : fields[static_cast<std::size_t>(position)];
  };
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  const auto positive = [&](CsvColumn column) { return whole_number(column, text(column), 1, any); };
  const auto count = [&](CsvColumn column) {
    return text(column).empty() ? std::int64_t{0} : whole_number(column, text(column), 0, any);
  };
  const auto optional_time = [&](CsvColumn column) {
    return text(column).empty() ? Measurement::none : microseconds(column, text(column));
  };

  check_schema(text(CsvColumn::schema));
  Measurement row;
  row.problem.tp_size = static_cast<int>(whole_number(CsvColumn::world_size, text(CsvColumn::world_size), 1, 1 << 20));
  if (tp_size != 0 && row.problem.tp_size != tp_size) {
    refuse(CsvColumn::world_size, text(CsvColumn::world_size), fmt::format("{}, as in the file's name", tp_size));
  }
  const std::optional<DType> dtype = parse_message_dtype(text(CsvColumn::dtype));
  if (!dtype) refuse(CsvColumn::dtype, text(CsvColumn::dtype), "bfloat16, float16 or float32");
  row.problem.dtype = *dtype;
  row.problem.num_tokens = positive(CsvColumn::num_tokens);
  row.problem.hidden_size = positive(CsvColumn::hidden_size);
  check_size(text(CsvColumn::size), row.problem);
  row.strategy = non_empty(CsvColumn::strategy, text(CsvColumn::strategy));
  row.problem.fusion = non_empty(CsvColumn::fusion, text(CsvColumn::fusion));
  if (!text(CsvColumn::op).empty()) row.setting.op = text(CsvColumn::op);

  const std::string_view status = text(CsvColumn::status);
  if (!status.empty() && status != "ok" && status != "failed" && status != "suspect") {
    refuse(CsvColumn::status, status, "ok, failed or suspect");
  }
  row.failed = status == "failed";
  row.suspect = status == "suspect";
  if (!row.failed || !text(CsvColumn::time).empty()) {
    row.time_us = microseconds(CsvColumn::time, text(CsvColumn::time));
  }
  row.setting.backend = text(CsvColumn::backend);
  if (!text(CsvColumn::hosts).empty()) {
    row.setting.hosts = static_cast<int>(whole_number(CsvColumn::hosts, text(CsvColumn::hosts), 1, 1 << 20));
  }
  row.setting.context = named(CsvColumn::context, text(CsvColumn::context), Context::back_to_back, parse_context,
                              "back_to_back, isolated, engine or engine_early");
  row.numerics = named(CsvColumn::numerics, text(CsvColumn::numerics), Numerics::unknown, parse_numerics,
                       "fp32_rank_order, fp32, per_hop or library");
  row.setting.graph = truth(CsvColumn::graph, text(CsvColumn::graph));
  row.iterations_per_sample = count(CsvColumn::iterations_per_sample);
  row.tensor_sets = count(CsvColumn::tensor_sets);
  row.samples = count(CsvColumn::samples);
  // Behind a neighbour a sample is a difference, which noise can take below 0.
  const auto of_samples = [&](CsvColumn column) {
    if (text(column).empty() || !has_neighbour(row.setting.context)) return optional_time(column);
    const auto value = number(text(column));
    if (!value || !std::isfinite(*value)) refuse(column, text(column), "microseconds, a number");
    return *value;
  };
  row.min_us = of_samples(CsvColumn::min_of_means);
  row.p95_us = of_samples(CsvColumn::p95_of_means);
  row.ci_low_us = of_samples(CsvColumn::ci_low);
  row.ci_high_us = of_samples(CsvColumn::ci_high);
  row.lower_bound_us = optional_time(CsvColumn::lower_bound);
  if (const std::string_view error = text(CsvColumn::error); !error.empty()) {
    const std::optional<double> value = number(error);
    if (!value || !(*value >= 0.0)) refuse(CsvColumn::error, error, "a number from 0 up");
    row.error = *value;
  }
  row.run_id = text(CsvColumn::run_id);
  return row;
}

}  // namespace arbiter
