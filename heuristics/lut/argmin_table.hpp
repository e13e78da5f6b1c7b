#pragma once

#include "arbiter/dataset.hpp"
#include "common/label_table.hpp"

namespace arbiter {

/// The strategy of the smallest time in each (tp, fusion, hidden, tokens), over all dtypes and ops; the first row on a
/// tie. Throws DataError if no row can be used.
[[nodiscard]] LabelTable argmin_table(const Dataset& dataset);

/// The fastest strategy of each cell of a block.
[[nodiscard]] LabelBlock argmin_labels(const CellBlock& block);

}  // namespace arbiter
