// SPDX-License-Identifier: Apache-2.0
// Tables and times of others: look-up tables in C++ (TensorRT-LLM's, and Arbiter's headers), what nccl-tests print and
// write as JSON, and files of aiconfigurator.
#include "arbiter/error.hpp"
#include "fuzz_input.hpp"
#include "io/cpp_header_file.hpp"
#include "io/cpp_table_file.hpp"
#include "io/curve_file.hpp"
#include "io/nccl_json.hpp"
#include "io/nccl_text.hpp"

using namespace arbiter;

namespace {

void expect_sound(const DecisionTable& table) {
  fuzz::require(fault_of(table).empty(), "a table with a fault was read");
  for (const std::int64_t tokens : {1, 100, 1 << 20}) {
    fuzz::require(!table.select({2, DType::bfloat16, "NONE", 4096, tokens}).empty(), "no answer");
  }
}

void expect_sound(const CurveContents& contents) {
  for (const auto& curve : contents.curves) {
    fuzz::require(curve.tp_size >= 0 && curve.setting.hosts >= 1, "a curve of less than no ranks");
    for (const auto& point : curve.points) fuzz::require(point.bytes > 0 && point.time_us > 0, "an impossible time");
  }
}

template <class Read>
void try_to(const Read& read) {
  try {
    expect_sound(read());
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const std::string text(fuzz::text_of(data, size));
  const CppTableReading reading{.platform = "sm90", .strategy_of_id = [](long id) -> std::optional<std::string> {
                                  return id == 100 ? std::optional<std::string>("RING") : std::nullopt;
                                }};
  if (holds_cpp_tables(text)) try_to([&] { return read_cpp_table("table.h", text, reading); });
  if (is_cpp_header(text)) try_to([&] { return read_cpp_header("header.hpp", text); });
  const auto file = folder.write("times.txt", text);
  for (const bool skip : {false, true}) try_to([&] { return read_curve_file(file, skip); });
  try_to([&] { return read_nccl_json(file); });
  try_to([&] { return read_nccl_text(file, true); });
  return 0;
}
