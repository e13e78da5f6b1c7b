// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/runtime.h"
#include "exchange.hpp"
#include "nccl_abi.hpp"

namespace arbiter::nccl {

/// What the drop-in knows of a communicator of NCCL's, from its making to its end.
class Communicator {
 public:
  explicit Communicator(Comm comm) : comm_(comm) {}
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  /// Collective: finds out whether Arbiter can serve it, which all ranks see alike, and prepares that.
  void connect();

  /// Whether a call is ours: a sum, of a dtype and size that the decision gives to a kernel of ours, in memory that is
  /// not registered as a window. Says why under ARBITER_DEBUG=INFO. The same on all ranks.
  [[nodiscard]] bool takes(const AllReduceCall& call);
  /// Enqueues a call that takes() is true for.
  [[nodiscard]] Result run(const AllReduceCall& call);

  /// A call that takes() was true for goes to NCCL all the same.
  void leave(const AllReduceCall& call, std::string_view reason);

  void add_window(const void* start, std::size_t bytes, Window handle);
  void remove_window(Window handle);
  /// What broke it: success if nothing did.
  [[nodiscard]] Result async_error() const;
  /// What the last call that failed here found; empty if none did.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  /// For ncclCommAbort(): does not wait for kernels that wait for other ranks.
  void abort();

 private:
  struct WindowRange {
    std::uintptr_t start = 0;
    std::size_t bytes = 0;
    Window handle = nullptr;
  };

  [[nodiscard]] bool prepare();
  [[nodiscard]] std::string_view reason_against(const AllReduceCall& call) const;
  [[nodiscard]] bool in_window(const void* start, std::size_t bytes) const;
  void say(const AllReduceCall& call, std::string_view path, std::string_view reason);
  [[nodiscard]] std::string name() const;

  Comm comm_;
  int rank_ = 0;
  int size_ = 0;
  int device_ = 0;
  std::string why_not_;  // why nothing of it is ours; empty if some is
  std::unique_ptr<Exchange> exchange_;
  arbiter_comm_t ours_ = nullptr;
  std::vector<WindowRange> windows_;
  std::string last_error_;
  std::uint64_t taken_ = 0;
  std::uint64_t left_ = 0;
};

/// The communicator that a handle of NCCL's belongs to; null for one that the drop-in does not know. It lives until it
/// is forgotten, which no thread does that another one still calls NCCL with it.
[[nodiscard]] Communicator* find(Comm comm);
/// Collective over each of them: registers new communicators, several of one thread at the same time.
void adopt(const std::vector<Comm>& comms);
/// Takes a communicator off the map. Its owner ends it.
[[nodiscard]] std::unique_ptr<Communicator> forget(Comm comm);

}  // namespace arbiter::nccl
