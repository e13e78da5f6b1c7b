#pragma once

#include "arbiter/plugin.hpp"
#include "rms_norm/rms_norm_form.hpp"

namespace arbiter::rms_norm_parameters {

inline constexpr ParameterSpec eps{"eps", ParameterType::real, "1e-5", "1e-30..1",
                                   "added to the mean square before its root"};
inline constexpr ParameterSpec scale_layout{"scale_layout", ParameterType::text, "swizzled", "linear|swizzled",
                                            "order of block scales: row major, or cuBLAS's 128x4 tiles"};

[[nodiscard]] inline ScaleLayout layout_of(const Parameters& parameters) {
  return parameters.text("scale_layout") == "linear" ? ScaleLayout::linear : ScaleLayout::swizzled;
}

}  // namespace arbiter::rms_norm_parameters
