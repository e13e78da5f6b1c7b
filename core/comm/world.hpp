// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "arbiter/process_group.hpp"

namespace arbiter {

/// All ranks of the run. Initialises MPI and finalises it. One per process.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] ProcessGroup& all() { return *all_; }

  /// Collective over the world. The group of the first `size` ranks; null on the others.
  [[nodiscard]] std::unique_ptr<ProcessGroup> first(int size);

  /// A barrier of all ranks that sleeps while it waits, so that idle ranks leave the cores to those that measure.
  void wait_quietly();

  /// Ends every rank at once, because this one cannot continue.
  [[noreturn]] static void abort(int exit_code);

 private:
  std::unique_ptr<ProcessGroup> all_;
};

}  // namespace arbiter
