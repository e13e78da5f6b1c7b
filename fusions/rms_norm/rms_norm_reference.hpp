#pragma once

#include <span>
#include <vector>

#include "arbiter/fusion.hpp"
#include "rms_norm/rms_norm_form.hpp"

namespace arbiter {

/// Fusion::reference_row() of the RESIDUAL_RMS_NORM fusions. Entries: residual_out; norm_out if the form has it; for
/// fp8 norm / scale; for nvfp4 norm (what the dequantised values stand for) and then, per block, the scale before its
/// rounding, global_scale * amax / 6.
///
/// What tolerance covers, besides that of the sums: the norm is defined on the rounded residual_out, which the
/// tolerance of a sum may move to a neighbour; fp32 arithmetic; and whether an implementation quantises the fp32 norm
/// or the norm rounded to the message dtype.
void rms_norm_reference_row(const RmsNormForm& form, const Problem& problem, const Bindings& host, std::int64_t row,
                            std::span<const double> sum, std::span<const double> tolerance,
                            std::vector<ReferenceRow>& outputs);

}  // namespace arbiter
