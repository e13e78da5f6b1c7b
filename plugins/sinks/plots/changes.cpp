// SPDX-License-Identifier: Apache-2.0
// The pictures of what changed between two datasets: one for each setting, tp size, dtype and fusion that both have.
#include <filesystem>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "arbiter/plots.hpp"

namespace arbiter {

namespace {

/// "cuda.graph.engine": every part that tells it from another setting.
std::string name_of_setting(const Setting& setting) {
  return fmt::format("{}{}{}.{}{}", setting.backend.empty() ? "" : setting.backend + ".",
                     setting.op == "allreduce" ? "" : setting.op + ".", setting.graph ? "graph" : "eager",
                     name_of(setting.context), setting.hosts == 1 ? "" : fmt::format(".{}hosts", setting.hosts));
}

}  // namespace

int plot_changes(const Dataset& before, const Dataset& after, const std::filesystem::path& folder) {
  int drawn = 0;
  for (const Setting& setting : after.settings()) {
    const Dataset of_setting = after.of_setting(setting);
    const Dataset earlier_of_setting = before.of_setting(setting);
    for (const int tp_size : of_setting.tp_sizes()) {
      const Dataset all = of_setting.of_tp_size(tp_size);
      for (const DType dtype : all.dtypes()) {
        const Dataset later = all.of_dtype(dtype);
        const Dataset earlier = earlier_of_setting.of_tp_size(tp_size).of_dtype(dtype);
        for (const std::string& fusion : later.fusions()) {
          if (earlier.of_fusion(fusion).empty()) continue;
          const auto name = fmt::format("change.tp{}.{}.{}.{}.png", tp_size, after.machine().platform,
                                        name_of_setting(setting), name_of(dtype));
          plot_change(earlier, later, fusion, folder / file_name(fusion) / file_name(name));
          ++drawn;
        }
      }
    }
  }
  return drawn;
}

}  // namespace arbiter
