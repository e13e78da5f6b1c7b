#pragma once

#include <list>
#include <memory>

#include "arbiter/host/shared_segment.hpp"

namespace arbiter::cuda {

/// Which ranks of a group have let go of each other's memory: counters in memory of the host, so that a rank that is
/// late or gone holds nobody up.
class LetGo {
 public:
  /// Collective. Throws SystemError on every rank.
  explicit LetGo(ProcessGroup& group);
  /// This rank lets go of the memory of `owner`.
  void of(int owner);
  /// Whether all others have let go of this rank's.
  [[nodiscard]] bool by_all() const;

 private:
  SharedSegment counters_;
  int rank_;
  int ranks_;
};

/// Device memory of this rank that is to be freed once no peer has it mapped: CUDA leaves undefined what happens to
/// peers otherwise.
class LingeringMemory {
 public:
  ~LingeringMemory();
  LingeringMemory() = default;
  LingeringMemory(const LingeringMemory&) = delete;
  LingeringMemory& operator=(const LingeringMemory&) = delete;

  void add(void* memory, std::unique_ptr<LetGo> let_go);
  /// Frees what can be freed.
  void sweep();

 private:
  struct Entry {
    void* memory;
    std::unique_ptr<LetGo> let_go;
  };
  std::list<Entry> entries_;
};

}  // namespace arbiter::cuda
