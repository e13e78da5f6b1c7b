#pragma once

#include <csignal>
#include <memory>

#include "supervise/checkpoint.hpp"

namespace arbiter {

/// While it lives, a SIGTERM to this rank is noted in the launcher's checkpoint before it ends the rank: so the
/// launcher can tell who broke from who was ended for it. One at a time in a process.
class TermMarker {
 public:
  /// Does nothing without a launcher's checkpoint on this host.
  explicit TermMarker(int rank);
  ~TermMarker();
  TermMarker(const TermMarker&) = delete;
  TermMarker& operator=(const TermMarker&) = delete;

 private:
  std::unique_ptr<Checkpoint> checkpoint_;
  struct sigaction before_ {};
};

}  // namespace arbiter
