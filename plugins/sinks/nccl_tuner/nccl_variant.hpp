#pragma once

#include <optional>
#include <string>

namespace arbiter::nccl_tuner {

/// What a line of the tuner's file can ask of NCCL, in the file's own words.
struct Variant {
  std::string algorithm;  ///< "ring", "nvls_tree"
  std::string protocol;   ///< "ll128"
  int channels = 0;       ///< 1..64

  friend bool operator==(const Variant&, const Variant&) = default;
};

/// A strategy's name in the run is all that its measurements say of it, so the variant is read from there:
/// NCCL_<ALGORITHM>_<PROTOCOL>_<channels>CH, "NCCL_RING_LL128_8CH". Nothing for any other name.
[[nodiscard]] std::optional<Variant> variant_of(const std::string& strategy);

}  // namespace arbiter::nccl_tuner
