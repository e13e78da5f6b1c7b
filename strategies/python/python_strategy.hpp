// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapter_call.hpp"
#include "arbiter/strategy.hpp"

namespace arbiter::python {

inline constexpr std::array parameters = {
    ParameterSpec{"python", ParameterType::text, "python3", "", "the interpreter that the ranks run in"},
    ParameterSpec{"adapter", ParameterType::text, "", "",
                  "numpy, torch_symm_mem, flashinfer, vllm, sglang, tensorrt_llm, or the path of a .py file",
                  "flashinfer"},
    ParameterSpec{"shot", ParameterType::text, "default", "default|one|two", "which of the adapter's operations"},
    ParameterSpec{"kernel", ParameterType::text, "", "", "likewise, by the engine's name", "1shot_push"},
    ParameterSpec{"options", ParameterType::text_list, "[]", "", "more options of the adapter, as key=value",
                  "[trigger=end]"},
    ParameterSpec{"fusions", ParameterType::text, "own", "own|pass",
                  "own: the engine's fused kernels where the adapter has them; pass: always a separate pass"},
};

/// An AllReduce that an adapter in Python brings. Each backend adds where it runs.
class PythonStrategy : public Strategy {
 public:
  explicit PythonStrategy(const Parameters& values);
  ~PythonStrategy() override;

  /// Whether the adapter's kernels do the fusion.
  [[nodiscard]] bool fuses(const Problem& problem) const override;
  [[nodiscard]] Numerics numerics() const override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> versions() const override;

 protected:
  /// The stream to enqueue on at each run; null on the host.
  using StreamNow = std::function<void*()>;
  struct Place {
    Placement placement;
    StreamNow stream;
  };
  [[nodiscard]] virtual Place place(Backend& backend) const = 0;

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override;
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override;

 private:
  /// What the operations share. After an exception the ranks may be in different places, and it is made anew.
  struct Shared {
    std::shared_ptr<SharedSlots> slots;
    bool sound = true;
  };
  class PreparedOperation;

  /// Made on first use: a process that measures nothing need not run in Python. Throws Error, the same each time.
  AdapterCall& adapter() const;

  std::string python_;
  AdapterChoice choice_;
  bool own_fusions_;
  mutable std::shared_ptr<AdapterCall> adapter_;
  mutable std::string why_no_adapter_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace arbiter::python
