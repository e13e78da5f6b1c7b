#pragma once

#include <memory>

#include "arbiter/process_group.hpp"

namespace arbiter {

/// All ranks of the run: starts MPI and ends it. One per process.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] ProcessGroup& all() { return *all_; }

  /// Collective over the world. The first `size` ranks as a group; null on the others.
  [[nodiscard]] std::unique_ptr<ProcessGroup> first(int size);

  /// Waits for all ranks. Sleeps between looks, so that ranks with nothing to do leave the cores to those that measure.
  void wait_quietly();

  /// Ends every rank at once, because this one cannot go on.
  [[noreturn]] static void abort(int exit_code);

 private:
  std::unique_ptr<ProcessGroup> all_;
};

}  // namespace arbiter
