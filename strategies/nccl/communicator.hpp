// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include <nccl.h>

#include "arbiter/parameters.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter::nccl {

/// NCCL settings of one communicator.
struct Choices {
  std::string algorithm;  ///< "ring"; empty: NCCL chooses
  std::string protocol;   ///< "ll128"; empty: NCCL chooses
  int channels = 0;       ///< blocks per operation; 0: NCCL chooses
};

// Channels are part of a communicator's configuration. Algorithm and protocol are not: NCCL reads them from the
// environment when it makes a communicator, which then uses nothing else.
inline constexpr std::array choice_parameters = {
    ParameterSpec{"algorithm", ParameterType::text, "auto", "auto|ring|tree|nvls|nvlstree",
                  "NCCL_ALGO while the communicator is made; auto: as the environment says, else NCCL's choice"},
    ParameterSpec{"protocol", ParameterType::text, "auto", "auto|ll|ll128|simple",
                  "NCCL_PROTO while the communicator is made; auto: as the environment says, else NCCL's choice"},
    ParameterSpec{"channels", ParameterType::integer, "0", "0..64",
                  "Channels of the communicator (minCTAs and maxCTAs, NVLS included), of which NCCL uses fewer for "
                  "small messages; 0: NCCL's choice"},
};

/// Throws ConfigError for choices that NCCL would ignore or replace: protocols that an algorithm does not have,
/// channels that the environment overrides.
[[nodiscard]] Choices choices_from(const Parameters& values);

/// Whether NCCL has the choices for a group. Not collective, the same on every rank.
[[nodiscard]] Support supports(const Choices& choices, const ProcessGroup& group);

/// An NCCL communicator of a process group, on each rank's current device.
class Communicator {
 public:
  /// Collective. Throws Error with NCCL's message on every rank.
  Communicator(ProcessGroup& group, const Choices& choices, cudaStream_t stream);
  /// Aborts a communicator that failed or has an unfinished operation, because destroying it would wait for the peers.
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] ncclComm_t get() const { return communicator_; }

  /// Throws Error with NCCL's message for `result` and for an asynchronous error before it.
  void check(ncclResult_t result, const std::string& action);

  /// Whether a call failed on this rank, or on another one, which fail() then said here. It is of no more use.
  [[nodiscard]] bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  /// Leaves the communicator to the end of the process: another thread is still in a call of it, which even an abort
  /// would take the memory from. get() is null from then on.
  void abandon() {
    failed_ = true;
    communicator_ = nullptr;
  }

 private:
  ncclComm_t communicator_ = nullptr;
  cudaStream_t stream_;  ///< on which its operations are enqueued
  bool failed_ = false;
};

/// What `result` means, with the detail that NCCL has for it.
[[nodiscard]] std::string message_of(ncclResult_t result, ncclComm_t communicator);

[[nodiscard]] ncclDataType_t datatype_of(DType dtype);

/// The version of the loaded library, as a number like NCCL_VERSION_CODE.
[[nodiscard]] int runtime_version();
/// "2.28.3".
[[nodiscard]] std::string version_text(int version);

}  // namespace arbiter::nccl
