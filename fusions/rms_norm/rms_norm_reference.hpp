// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "arbiter/fusion.hpp"
#include "rms_norm/rms_norm_form.hpp"

namespace arbiter {

/// Fusion::reference_row() of the RESIDUAL_RMS_NORM fusions. Entries: residual_out; norm_out if it is an output; for
/// fp8 norm / scale; where scales are outputs, the norm (which dequantised values approximate) and then the scales of
/// the row before their rounding: for nvfp4 global_scale * amax / 6 of each block, for dynamic_fp8 and group_fp8
/// amax / 448 of the token or of each group, or the smallest scale if that is larger.
///
/// Besides the tolerance of the sums, the tolerances cover: the norm is defined on the rounded residual_out, which the
/// tolerance of a sum may move to a neighbour; fp32 arithmetic; and that an implementation may quantise the fp32 norm
/// or the norm rounded to the message dtype.
void rms_norm_reference_row(const RmsNormForm& form, const Problem& problem, const Bindings& host, std::int64_t row,
                            std::span<const double> sum, std::span<const double> tolerance,
                            std::vector<ReferenceRow>& outputs);

/// The worst error of a row of packed e2m1 values and their e4m3 scales, as a share of the allowed error; `norm` and
/// `scales` are its reference.
///
/// A scale is compared with global_scale * amax / 6 like any rounded value: it may be a neighbour of the reference's
/// only where the tolerance allows either rounding. Values are compared with norm * global_scale / (the written scale),
/// so the error of a scale does not count again in its values. Padding scales and the unused half of an odd row's last
/// byte must be zero.
[[nodiscard]] double check_nvfp4_row(const RmsNormForm& form, const Problem& problem, const Bindings& host,
                                     std::int64_t row, const ReferenceRow& norm, const ReferenceRow& scales);

/// The same for e4m3 values whose scales are outputs, dynamic_fp8 and group_fp8. A packed scale is any of the powers of
/// two to which the tolerance lets the reference round up; a group whose packed scale is NaN may hold any values.
[[nodiscard]] double check_scaled_fp8_row(const RmsNormForm& form, const Problem& problem, const Bindings& host,
                                          std::int64_t row, const ReferenceRow& norm, const ReferenceRow& scales);

}  // namespace arbiter
