// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "arbiter/backend.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// Memory of a backend with bytes around it that nobody may write. One thread.
class ARBITER_EXPORT GuardedBuffer {
 public:
  static constexpr std::size_t guard_bytes = 256;     ///< on either side; keeps alignments up to this
  static constexpr unsigned char guard_value = 0xff;  ///< every dtype that has NaN reads it as that

  /// Throws Error if there is not enough memory. `backend` must outlive it.
  GuardedBuffer(Backend& backend, std::size_t bytes);

  /// Of the memory between the guards.
  [[nodiscard]] void* data() const;
  /// Whether nobody wrote to the guards since they were made or last found broken. Waits for no operation.
  [[nodiscard]] bool take_intact();

 private:
  void fill_guards();

  Backend& backend_;
  std::size_t bytes_;
  std::unique_ptr<Buffer> buffer_;
};

/// What an Operation is besides, if it gives memory of its own to another operation to write. The runner asks it after
/// runs whose results it verifies.
class ARBITER_EXPORT GuardsMemory {
 public:
  virtual ~GuardsMemory();
  /// What was written that nobody may write ("the memory around the reduced message"), since the operation was made or
  /// last asked; empty if nothing was.
  [[nodiscard]] virtual std::string take_written() = 0;
};

}  // namespace arbiter
