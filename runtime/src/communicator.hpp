// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "arbiter/runtime.h"
#include "decision.hpp"
#include "health.hpp"
#include "kernels.hpp"
#include "nccl.hpp"
#include "passes.hpp"
#include "rank_group.hpp"
#include "workspace.hpp"

namespace arbiter::runtime {

/// What arbiter_comm_t points to. Calls throw CallError.
class Communicator {
 public:
  explicit Communicator(const arbiter_comm_options& options);
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  void reserve(std::size_t largest_message_bytes);
  void all_reduce(const arbiter_operation& operation, arbiter_stream_t stream);
  [[nodiscard]] arbiter_path path_of(const arbiter_operation& operation) const;
  void explain(const arbiter_operation& operation, arbiter_choice& choice) const;
  void describe(arbiter_comm_info& info) const;
  /// ARBITER_OK, PEER_LOST or TIMEOUT.
  [[nodiscard]] arbiter_status health() const { return health_ == nullptr ? ARBITER_OK : health_->status(); }
  [[nodiscard]] std::string health_text() const { return health_ == nullptr ? "" : health_->text(); }

 private:
  using KernelKey = std::tuple<arbiter_path, bool, arbiter_dtype, arbiter_fusion>;

  /// A part of a message: `rows` from `first_row`; without rows, elements.
  struct Chunk {
    std::int64_t first;
    std::int64_t count;
  };

  void connect(const arbiter_comm_options& options);
  void open_device();
  [[nodiscard]] MachineKey machine() const;
  void read_decision(const arbiter_comm_options& options);
  [[nodiscard]] int gather_over_nccl(const void* from, void* to, std::size_t bytes) const;
  void load_kernels();
  void load_passes();
  void make_workspaces(std::int64_t bytes);
  void release();

  [[nodiscard]] Decision::Index decide(const arbiter_operation& operation) const;
  /// Why a variant that the decision names cannot run; null if it can.
  [[nodiscard]] const char* obstacle(const arbiter_operation& operation, const Variant& variant) const;
  [[nodiscard]] std::int64_t rows_per_chunk(const arbiter_operation& operation, bool with_nccl) const;
  [[nodiscard]] cuda::TilePlan plan_of(const arbiter_operation& operation, const Variant& variant,
                                       std::int64_t count) const;
  [[nodiscard]] unsigned grid_of(const cuda::TilePlan& plan, const Kernel& kernel) const;
  void order(arbiter_stream_t stream);
  void run_kernel(const arbiter_operation& operation, const Variant& variant, const Chunk& chunk,
                  arbiter_stream_t stream);
  void run_nccl(const arbiter_operation& operation, arbiter_stream_t stream);
  void run_pass(const arbiter_operation& operation, const Chunk& chunk, arbiter_stream_t stream);

  int rank_;
  int ranks_;
  int ordinal_;
  int concurrent_;
  std::uint64_t timeout_ms_;
  std::uint64_t most_workspace_bytes_;
  std::string nccl_name_;

  std::shared_ptr<const Nccl> nccl_;
  std::string why_no_nccl_;
  void* nccl_comm_ = nullptr;
  bool owns_nccl_comm_ = false;

  Device device_;
  RankGroup group_;
  std::string why_no_kernels_;
  std::string links_;
  Decision decision_{"none"};
  std::unique_ptr<Health> health_;

  std::size_t reserved_bytes_ = 0;
  Capacity capacity_;
  std::unique_ptr<Workspace> oneshot_memory_;
  std::unique_ptr<Workspace> twoshot_memory_;
  oneshot::OneshotArguments oneshot_{};
  twoshot::TwoshotArguments twoshot_{};
  std::map<KernelKey, std::unique_ptr<KernelSet>> loaded_;
  /// [path][programmatic][dtype][fusion]
  std::array<std::array<std::array<std::array<const KernelSet*, 4>, 3>, 2>, 3> kernels_{};
  std::array<std::array<std::unique_ptr<Passes>, 4>, 3> passes_;
  CUdeviceptr scratch_ = 0;
  std::int64_t scratch_bytes_ = 0;

  CUevent eager_event_ = nullptr;
  CUevent captured_event_ = nullptr;
  arbiter_stream_t last_stream_ = nullptr;
  bool used_ = false;
};

}  // namespace arbiter::runtime
