// SPDX-License-Identifier: Apache-2.0
#include "arbiter/problem.hpp"

#include <fmt/format.h>

namespace arbiter {

std::string to_string(const Problem& problem) {
  return fmt::format("tp {}, {}, {}, {} tokens x {}", problem.tp_size, name_of(problem.dtype), problem.fusion,
                     problem.num_tokens, problem.hidden_size);
}

double unit_roundoff(DType dtype) {
  switch (dtype) {
    case DType::bfloat16: return 0x1p-8;
    case DType::float16: return 0x1p-11;
    case DType::float32: return 0x1p-24;
    case DType::float8_e4m3: return 0x1p-4;
    case DType::float4_e2m1x2: return 0x1p-2;
    case DType::float8_e8m0: return 0x1p-1;
  }
  return 0.0;
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::bfloat16: return "bfloat16";
    case DType::float16: return "float16";
    case DType::float32: return "float32";
    case DType::float8_e4m3: return "float8_e4m3";
    case DType::float4_e2m1x2: return "float4_e2m1x2";
    case DType::float8_e8m0: return "float8_e8m0";
  }
  return "unknown";
}

std::optional<DType> parse_message_dtype(std::string_view text) {
  if (text == "bfloat16" || text == "bf16") return DType::bfloat16;
  if (text == "float16" || text == "fp16" || text == "half") return DType::float16;
  if (text == "float32" || text == "fp32" || text == "float") return DType::float32;
  return std::nullopt;
}

}  // namespace arbiter
