// SPDX-License-Identifier: Apache-2.0
#include "io/nccl_points.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"
#include "io/field_values.hpp"
#include "io/text_lines.hpp"

namespace arbiter {

namespace {

/// The size of a type of NCCL; 0 for one that is not known.
std::int64_t type_size(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 16> sizes{{{"int8", 1},
                                                                             {"uint8", 1},
                                                                             {"char", 1},
                                                                             {"f8e4m3", 1},
                                                                             {"f8e5m2", 1},
                                                                             {"fp8_e4m3", 1},
                                                                             {"fp8_e5m2", 1},
                                                                             {"half", 2},
                                                                             {"bfloat16", 2},
                                                                             {"int32", 4},
                                                                             {"int", 4},
                                                                             {"uint32", 4},
                                                                             {"float", 4},
                                                                             {"int64", 8},
                                                                             {"uint64", 8},
                                                                             {"double", 8}}};
  for (const auto& [name, size] : sizes) {
    if (name == type) return size;
  }
  return 0;
}

}  // namespace

void NcclPoints::row(const Sizes& sizes) {
  const std::int64_t size = type_size(sizes.type);
  if (size > 0 && (sizes.bytes % size != 0 || sizes.bytes / size != sizes.elements)) {
    refuse_field("size", std::to_string(sizes.bytes),
                 fmt::format("count {} x {} bytes of {}", sizes.elements, size, sizes.type));
  }
  sizes_ = sizes;
}

void NcclPoints::time(bool in_place, double time_us, bool wrong) {
  if (sizes_.bytes == 0) return;
  if (wrong) {
    ++wrong_;
    return;
  }
  ByteCurve curve = curve_;
  curve.name = in_place ? "NCCL in place" : "NCCL";
  const auto dtype = parse_message_dtype(sizes_.type);
  curve.dtype = dtype ? name_of(*dtype) : sizes_.type;
  curve.setting.backend = "cuda";
  if (!sizes_.redop.empty() && sizes_.redop != "sum") curve.setting.op = "allreduce_" + sizes_.redop;
  curves_.add(curve, {sizes_.bytes, time_us});
}

void NcclPoints::program(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  if (!name.starts_with("all_reduce")) {
    throw DataError(fmt::format("{}: found the output of {}, allowed: that of all_reduce_perf", curve_.file.string(),
                                plain_text(name, 60)));
  }
  curve_.origin = fmt::format("nccl-tests: {}", name);
}

CurveContents NcclPoints::take() const {
  CurveContents contents{curves_.curves(), 0, {}};
  if (wrong_ > 0) {
    contents.warnings.push_back(
        fmt::format("{}: {} times are left out, as their results were wrong", curve_.file.string(), wrong_));
  }
  if (contents.curves.empty()) {
    contents.warnings.push_back(fmt::format("{}: it has no times", curve_.file.string()));
  }
  return contents;
}

}  // namespace arbiter
