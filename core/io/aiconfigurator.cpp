// SPDX-License-Identifier: Apache-2.0
#include "io/aiconfigurator.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "io/csv_fields.hpp"
#include "io/field_values.hpp"
#include "io/text_lines.hpp"
#include "model/curve_builder.hpp"

namespace arbiter {

namespace {

/// The size of an element, by the names that its collectors use.
std::int64_t element_size(std::string_view column, std::string_view dtype) {
  if (const auto known = parse_message_dtype(dtype_in(dtype))) return size_of(*known);
  if (dtype == "int8" || dtype == "fp8") return 1;
  refuse_field(column, dtype, "bfloat16, float16, float32, half, int8 or fp8");
}

class Rows {
 public:
  Rows(const std::filesystem::path& file, const std::vector<std::string_view>& names)
      : names_(names.begin(), names.end()) {
    curve_.file = file;
    curve_.setting.backend = "cuda";
    for (const char* needed : {"num_gpus", "message_size", "latency"}) {
      if (place_of(needed) == names_.size()) throw BadLine(fmt::format("column '{}': not in the header", needed));
    }
    dtype_ = place_of("allreduce_dtype") < names_.size() ? "allreduce_dtype" : "nccl_dtype";
  }

  void add(const std::vector<std::string_view>& fields, bool line_ended) {
    if (fields.size() != names_.size()) {
      throw BadLine(fmt::format("line: found {} fields, allowed {} as in the header", fields.size(), names_.size()));
    }
    constexpr std::array read = {"num_gpus", "message_size", "latency", "kernel_source", "op_name"};
    const bool last_is_read = names_.back() == dtype_ || std::ranges::find(read, names_.back()) != read.end();
    if (!line_ended && last_is_read) refuse_cut_field(names_.back(), fields.back());
    const auto text = [&](std::string_view name) {
      const std::size_t place = place_of(name);
      return place < fields.size() ? fields[place] : std::string_view{};
    };
    if (const auto op = text("op_name"); !op.empty() && op != "all_reduce") return;
    if (any_number(text("latency")) == 0.0) return;
    ByteCurve curve = curve_;
    curve.name = text("kernel_source").empty() ? text("framework") : text("kernel_source");
    if (curve.name.empty()) curve.name = "unknown";
    curve.setting.graph = curve.name.ends_with("_graph");
    const auto known = parse_message_dtype(dtype_in(text(dtype_)));
    curve.dtype = known ? name_of(*known) : text(dtype_);
    curve.tp_size = static_cast<int>(whole_number("num_gpus", text("num_gpus"), 1, 1 << 20));
    curve.origin = fmt::format("aiconfigurator: {} {}, {}", text("framework"), text("version"), text("device"));
    const std::int64_t elements = whole_number("message_size", text("message_size"), 1, std::int64_t{1} << 50);
    curves_.add(curve, {elements * element_size(dtype_, text(dtype_)), from_milliseconds("latency", text("latency"))});
  }

  [[nodiscard]] std::vector<ByteCurve> curves() const { return curves_.curves(); }

 private:
  [[nodiscard]] std::size_t place_of(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
  }

  std::vector<std::string> names_;
  std::string_view dtype_;
  ByteCurve curve_;
  CurveBuilder curves_;
};

}  // namespace

CurveContents read_aiconfigurator(const std::filesystem::path& file, bool skip_bad_rows) {
  const std::string text = read_file(file);
  refuse_utf16(file, text);
  TextLines lines(text);
  CsvFields fields;
  CurveContents contents;
  const auto split = [&]() -> const std::vector<std::string_view>& {
    if (!fields.split(lines.line())) throw BadLine("line: found a quote that is not closed, allowed \"...\"");
    return fields.fields();
  };
  try {
    lines.next();
    expect_commas(split());
    Rows rows(file, fields.fields());
    while (lines.next()) {
      try {
        rows.add(split(), lines.ended());
      } catch (const BadLine& error) {
        if (!skip_bad_rows) throw;
        ++contents.skipped_rows;
        contents.warnings.push_back(positioned(file, lines, error));
      }
    }
    contents.curves = rows.curves();
  } catch (const BadLine& error) {
    throw DataError(positioned(file, lines, error));
  }
  return contents;
}

}  // namespace arbiter
