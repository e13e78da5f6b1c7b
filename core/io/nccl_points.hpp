// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/curve_file.hpp"
#include "model/curve_builder.hpp"

namespace arbiter {

/// What the text and the JSON of nccl-tests have in common: the points of one file. They make a curve "NCCL" of the
/// out-of-place times and a curve "NCCL in place", for each dtype; a reduction other than the sum is another op. Sizes
/// of 0 bytes are passed over, and wrong results with a warning. Only all_reduce_perf is read, and no CPU times.
class NcclPoints {
 public:
  explicit NcclPoints(const std::filesystem::path& file) { curve_.file = file; }

  struct Sizes {
    std::int64_t bytes = 0;
    std::int64_t elements = 0;
    std::string type;
    std::string redop;  ///< "sum"; may be empty
  };
  /// Starts a row. Throws BadLine where the bytes are not those of the elements.
  void row(const Sizes& sizes);
  /// A time of the row; `wrong` is the number of wrong elements.
  void time(bool in_place, double time_us, bool wrong);

  /// Refuses a program that is not all_reduce_perf; throws DataError.
  void program(std::string_view name);
  /// Of the rows that follow.
  ByteCurve& run() { return curve_; }

  [[nodiscard]] CurveContents take() const;

 private:
  ByteCurve curve_;
  Sizes sizes_;
  std::int64_t wrong_ = 0;
  CurveBuilder curves_;
};

}  // namespace arbiter
