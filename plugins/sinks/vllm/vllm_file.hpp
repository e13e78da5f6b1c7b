// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/engine_data.hpp"
#include "vllm/vllm_fit.hpp"

namespace arbiter::vllm {

/// The Python file of the dicts, tp size by tp size.
class FileText {
 public:
  explicit FileText(const Host& host) : host_(host) {}

  /// Takes in what was found for a tp size, of cells on such a host, and what it is worth on cells that were held out
  /// (judge_sizes()). Returns what there is to say of it; nothing if no entry was written.
  std::vector<std::string> add(int tp_size, const Host& host, const std::vector<EngineCell>& cells, const Found& found,
                               const std::optional<std::string>& held_out, const Found& of_range);
  /// One more line for the head.
  void note(std::string line) { notes_.push_back(std::move(line)); }

  [[nodiscard]] bool empty() const { return !any_; }
  /// The file, under these lines.
  [[nodiscard]] std::string text(std::vector<std::string> head) const;

 private:
  Host host_;
  bool any_ = false;
  std::vector<std::string> notes_;
  PythonDict fused_;
  PythonDict one_shot_;
  PythonDict custom_;
  PythonDict symm_mem_;
  PythonDict range_;
  std::vector<std::string> mnnvl_;  ///< "(90, 4, 1): 64"
};

}  // namespace arbiter::vllm
