// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "arbiter/sink.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

/// A Report of a run into a temporary folder; keeps the lines that sinks report.
struct DecisionsReport {
  explicit DecisionsReport(Dataset data, std::vector<std::shared_ptr<const Selector>> selectors = {})
      : dataset(std::move(data)),
        run{dir.path() / "out", dataset.machine(), true, {}},
        report{run,
               dataset,
               holdout,
               std::move(selectors),
               {},
               [this](const std::string& name) -> std::optional<int> {
                 const auto found = ids.find(name);
                 return found == ids.end() ? std::nullopt : std::optional(found->second);
               },
               [this](const std::string& line) { said.push_back(line); }} {}

  TempDir dir;
  Dataset dataset;
  Dataset holdout;
  RunInfo run;
  std::map<std::string, int> ids = {{"NCCL", 0}, {"ONESHOT", 4}, {"TWOSHOT", 5}, {"MPI", 100}};
  std::vector<std::string> said;
  Report report;
};

}  // namespace arbiter::test
