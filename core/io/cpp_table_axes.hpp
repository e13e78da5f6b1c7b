// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "io/cpp_table_scan.hpp"

namespace arbiter {

/// The values of the indices of a table in C++ source.
struct CppTableAxes {
  std::vector<std::int64_t> tp_sizes;
  std::vector<std::string> fusions;
  std::vector<std::int64_t> hidden_sizes;
  std::vector<std::int64_t> num_tokens;
  bool powers_of_two = true;  ///< all sizes: what the engine's index, floor(log2), reaches
};

/// From the comments in the table ("TP=2", "Fusion=NONE", "hidden_size=128"), else from lists beside it ("TP:[2, 4]",
/// "Fusion:['NONE']", "Hidden:[128]", "Tokens:[1, 2]"), else by position, as engines read them: TP 2, 4, 8, four
/// fusions, hidden sizes from 128 and tokens from 1 in powers of two. A list whose length is not the axis's is ignored.
/// Throws DataError (found, allowed) where sizes do not ascend, and for a table of Arbiter's own without its list of
/// tokens: Arbiter writes it after the table, so the file is cut.
[[nodiscard]] CppTableAxes axes_of(const std::string& file, const std::string& text, const ScannedTable& table);

}  // namespace arbiter
