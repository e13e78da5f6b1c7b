#pragma once

#include "arbiter/fusion.hpp"
#include "rms_norm/rms_norm_form.hpp"

namespace arbiter {

/// Compares a row of packed e2m1 values and their e4m3 scales with the reference `norm` and `scales` of that row.
/// A scale is held against global_scale * amax / 6 like any rounded value: with its tolerance it may be the neighbour
/// of the reference's only where the rounding could have gone either way. A value is held against norm * global_scale /
/// (the scale that was written), so a scale's choice is not counted again in its values. Padding scales and the unused
/// half of an odd row's last byte must be zero. Returns the worst error as a share of the allowed error.
[[nodiscard]] double check_nvfp4_row(const RmsNormForm& form, const Problem& problem, const Bindings& host,
                                     std::int64_t row, const ReferenceRow& norm, const ReferenceRow& scales);

}  // namespace arbiter
