// SPDX-License-Identifier: Apache-2.0
#include "io/curve_file.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "io/aiconfigurator.hpp"
#include "io/nccl_json.hpp"
#include "io/nccl_text.hpp"

namespace arbiter {

DataFormat data_format_of_file(const std::filesystem::path& file) {
  std::string head(data_format_head, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return data_format_of(head);
}

CurveContents read_curve_file(const std::filesystem::path& file, bool skip_bad_rows) {
  switch (data_format_of_file(file)) {
    case DataFormat::bytes: {
      CsvContents contents = read_csv(file, {.skip_bad_rows = skip_bad_rows});
      return {std::move(contents.curves), contents.skipped_rows, std::move(contents.warnings)};
    }
    case DataFormat::nccl_text: return read_nccl_text(file, skip_bad_rows);
    case DataFormat::nccl_json: return read_nccl_json(file);
    case DataFormat::aiconfigurator: return read_aiconfigurator(file, skip_bad_rows);
    case DataFormat::parquet:
      throw DataError(
          fmt::format("{}: found Parquet, allowed text: write it as CSV, in Python with "
                      "pandas.read_parquet(file).to_csv(other, index=False)",
                      file.string()));
    case DataFormat::cells:
      throw DataError(
          fmt::format("{}: found measurements with tokens and hidden sizes, allowed rows of bytes: name it "
                      "benchmark.tp<N>.<cpu or sm<V>>.csv to have its cells read",
                      file.string()));
    case DataFormat::none: break;
  }
  throw DataError(
      fmt::format("{}: found none of the files with times over bytes, allowed: a CSV with size and time, the output of "
                  "nccl-tests as text or JSON, an all-reduce file of aiconfigurator",
                  file.string()));
}

}  // namespace arbiter
