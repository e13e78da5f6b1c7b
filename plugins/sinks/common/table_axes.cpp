#include "common/table_axes.hpp"

namespace arbiter {

TableAxes seed_axes() {
  TableAxes axes{
      {2, 4, 8}, {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_QUANT_NVFP4"}, {}, {}};
  for (std::int64_t hidden = 128; hidden <= 8192; hidden *= 2) axes.hidden_sizes.push_back(hidden);
  for (std::int64_t tokens = 1; tokens <= 16384; tokens *= 2) axes.num_tokens.push_back(tokens);
  return axes;
}

TableAxes data_axes(const Dataset& dataset) {
  TableAxes axes{{}, dataset.fusions(), dataset.hidden_sizes(), dataset.num_tokens()};
  for (const int tp_size : dataset.tp_sizes()) axes.tp_sizes.push_back(tp_size);
  return axes;
}

}  // namespace arbiter
