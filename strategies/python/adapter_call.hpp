// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/host/shared_slots.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/python_bridge.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter::python {

/// What the YAML says of an adapter.
struct AdapterChoice {
  std::string adapter;                         ///< a name in arbiter.adapters, or the path of a .py file
  std::map<std::string, std::string> options;  ///< for its constructor
};

/// How an adapter's operation runs on one backend.
struct Placement {
  int device = -1;  ///< CUDA ordinal; -1 on the host
};

/// What the ranks of an adapter talk over while it prepares or runs: an all-gather with a bound. One thread.
class RankChannel {
 public:
  RankChannel(std::shared_ptr<SharedSlots> slots, std::chrono::milliseconds timeout);
  RankChannel(const RankChannel&) = delete;
  RankChannel& operator=(const RankChannel&) = delete;

  /// For Python; points to this object.
  [[nodiscard]] const ArbiterPythonGroup& group() const { return group_; }

 private:
  /// Collective. Throws TimeoutError.
  void all_gather(const void* in, void* out, std::size_t bytes);
  static int all_gather_for_python(void* context, const void* in, void* out, std::size_t bytes, char* error,
                                   std::size_t error_bytes) noexcept;

  std::shared_ptr<SharedSlots> slots_;
  SpinWait spin_;
  ArbiterPythonGroup group_;
};

/// An adapter object in this process's Python. Every call throws Error with what Python raised, or TimeoutError.
class AdapterCall {
 public:
  explicit AdapterCall(const AdapterChoice& choice);
  ~AdapterCall();
  AdapterCall(const AdapterCall&) = delete;
  AdapterCall& operator=(const AdapterCall&) = delete;

  /// How it adds, as the adapter says: "library".
  [[nodiscard]] const std::string& accumulation() const { return accumulation_; }
  /// The packages it uses, with their versions.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& versions() const { return versions_; }
  /// Why it cannot do the problem; empty if it can.
  [[nodiscard]] std::string why_not(const Problem& problem) const;
  [[nodiscard]] bool fuses(const std::string& fusion) const;
  /// Collective. The number of a new operation.
  [[nodiscard]] std::int64_t prepare(const Problem& problem, const std::vector<TensorSpec>& tensors,
                                     const Placement& placement, const RankChannel& channel);
  /// Collective. On a GPU it enqueues on `stream`.
  static void run(std::int64_t operation, const Bindings& bindings, void* stream);
  static void release(std::int64_t operation) noexcept;

 private:
  std::int64_t number_ = 0;
  std::string accumulation_;
  std::vector<std::pair<std::string, std::string>> versions_;
};

}  // namespace arbiter::python
