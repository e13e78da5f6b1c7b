#pragma once

#include <csignal>
#include <memory>

#include "arbiter/export.hpp"
#include "pipeline/journal.hpp"

namespace arbiter {

/// While it lives, a SIGTERM to this rank is noted in the launcher's journal before it ends the rank: so the launcher
/// can tell who broke from who was ended for it. One at a time in a process.
class ARBITER_EXPORT EndNotice {
 public:
  /// Does nothing without a launcher's journal on this host.
  explicit EndNotice(int rank);
  ~EndNotice();
  EndNotice(const EndNotice&) = delete;
  EndNotice& operator=(const EndNotice&) = delete;

 private:
  std::unique_ptr<Journal> journal_;
  struct sigaction before_ {};
};

}  // namespace arbiter
