// SPDX-License-Identifier: Apache-2.0
#include "rms_norm/rms_norm_kernels.hpp"

#include <string>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

const IsaRmsNormKernels& kernels_of(Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::avx2: return avx2::rms_norm_kernels;
    case Isa::avx512: return avx512::rms_norm_kernels;
#endif
    default: return portable::rms_norm_kernels;
  }
}

}  // namespace

RmsNormKernels::Finish RmsNormKernels::finish(bool norm_out, Quantization quantization) const {
  switch (quantization) {
    case Quantization::fp8: return norm_out ? norm_fp8 : fp8;
    case Quantization::nvfp4: return norm_out ? norm_nvfp4 : nvfp4;
    case Quantization::dynamic_fp8: return norm_out ? norm_dynamic_fp8 : dynamic_fp8;
    case Quantization::group_fp8: return norm_out ? norm_group_fp8 : group_fp8;
    case Quantization::none: break;
  }
  return norm;
}

const RmsNormKernels& rms_norm_kernels(DType dtype, Isa isa) {
  const IsaRmsNormKernels& kernels = kernels_of(isa);
  switch (dtype) {
    case DType::bfloat16: return kernels.bfloat16;
    case DType::float16: return kernels.float16;
    case DType::float32: return kernels.float32;
    default: throw Error(std::string(name_of(dtype)) + " is no message dtype; allowed bfloat16, float16, float32");
  }
}

}  // namespace arbiter
