#pragma once

#include <memory>
#include <string>

#include <nccl.h>

#include "arbiter/process_group.hpp"
#include "arbiter/tensor.hpp"
#include "choices.hpp"

namespace arbiter::nccl {

/// An NCCL communicator of a process group, on each rank's current device.
class Communicator {
 public:
  /// Collective. Throws Error on every rank: NCCL's words.
  Communicator(ProcessGroup& group, const Choices& choices, cudaStream_t stream);
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] ncclComm_t get() const { return communicator_; }

  /// Throws Error with NCCL's words for `result` and for whatever went wrong behind the scenes. A communicator that
  /// failed, or has an operation that never ended, is aborted in the end: it would wait for its peers otherwise.
  void check(ncclResult_t result, const std::string& action);

 private:
  ncclComm_t communicator_ = nullptr;
  cudaStream_t stream_;  ///< that its operations end up in
  bool failed_ = false;
};

[[nodiscard]] ncclDataType_t datatype_of(DType dtype);

/// "2.28.3" of the library this process has loaded, as a number like NCCL_VERSION_CODE and as text.
[[nodiscard]] int runtime_version();
[[nodiscard]] std::string version_text(int version);

}  // namespace arbiter::nccl
