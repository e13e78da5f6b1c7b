// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arbiter/host/row_kernels.hpp"
#include "arbiter/tensor.hpp"
#include "rms_norm/rms_norm_tensors.hpp"

namespace arbiter {

/// One row for RmsNormKernels::Finish. Pointers are to its first element; outputs that the form lacks are ignored.
struct FinishRow {
  const void* epilogue_state = nullptr;
  void* residual_out = nullptr;  ///< null if `epilogue_state` is that row
  const void* gamma = nullptr;
  void* norm_out = nullptr;
  std::uint8_t* quant_out = nullptr;
  std::uint8_t* scale_out = nullptr;
  std::int64_t scale_group_stride = 4;  ///< see Nvfp4Scales; group_fp8: GroupScales::column_stride()
  float scalar = 0.0F;
  float quant_scale = 1.0F;    ///< fp8: 1 / scale; nvfp4: the global scale
  float weight_bias = -0.0F;   ///< added to gamma; -0, unlike 0, changes no gamma
  bool packed_scales = false;  ///< group_fp8: UE8M0
};

/// The loops over a row for one message dtype and instruction set. All instruction sets give the same bits.
struct RmsNormKernels {
  using Finish = void (*)(const FinishRow& row, std::int64_t count);

  /// epilogue_state = round(sum + residual); returns the sum of squares of the rounded row, in fp32, by 32 partial sums
  /// on every instruction set.
  float (*begin)(const float* sum, const void* residual, void* epilogue_state, std::int64_t count) = nullptr;
  Finish norm = nullptr;
  Finish fp8 = nullptr;
  Finish norm_fp8 = nullptr;
  Finish nvfp4 = nullptr;
  Finish norm_nvfp4 = nullptr;
  Finish dynamic_fp8 = nullptr;
  Finish norm_dynamic_fp8 = nullptr;
  Finish group_fp8 = nullptr;
  Finish norm_group_fp8 = nullptr;

  [[nodiscard]] Finish finish(bool norm_out, Quantization quantization) const;
};

/// Throws Error unless `dtype` is a message dtype.
[[nodiscard]] const RmsNormKernels& rms_norm_kernels(DType dtype, Isa isa);

/// The kernels of one instruction set.
struct IsaRmsNormKernels {
  RmsNormKernels bfloat16;
  RmsNormKernels float16;
  RmsNormKernels float32;
};

namespace portable {
extern const IsaRmsNormKernels rms_norm_kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const IsaRmsNormKernels rms_norm_kernels;
}
namespace avx512 {
extern const IsaRmsNormKernels rms_norm_kernels;
}
#endif

}  // namespace arbiter
