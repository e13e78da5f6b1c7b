// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arbiter/dataset.hpp"

namespace arbiter::plots {

/// A copy with the rows of one dtype.
[[nodiscard]] Dataset of_dtype(const Dataset& dataset, DType dtype);

/// The name of a file or folder for a name from a CSV, none of which may lead out of the folder of pictures.
[[nodiscard]] std::string file_name_of(std::string name);

}  // namespace arbiter::plots
