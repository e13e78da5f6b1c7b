#pragma once

#include <cstddef>
#include <vector>

#include "common/log_axis.hpp"
#include "lut/simplest_labels.hpp"

namespace arbiter {

/// Lets the cells of a choice (rows: hidden sizes, columns: token counts) in which no label is allowed have the labels
/// of the nearest cell that allows some; distances are of logarithms, the first of equally near ones counts. At least
/// one cell allows some. Returns how many cells were filled.
std::size_t fill_gaps(LabelChoice& choice, const LogAxis& hidden, const LogAxis& tokens);

}  // namespace arbiter
