#include "cuda_common/lamport_memory.hpp"

#include "cuda_common/epoch_state.hpp"

namespace arbiter::cuda {

namespace {

constexpr unsigned char empty_byte = 0xff;
// The first operations cross the end of the counter's range, so that doing so is nothing special.
constexpr EpochState first_state{.epoch = 0xffffff80U, .groups_started = 0, .groups = {}};

}  // namespace

LamportMemory::LamportMemory(CudaBackend& backend, ProcessGroup& group, std::size_t slot_bytes)
    : slots_(backend.share(group, slot_bytes, empty_byte)), state_(backend.allocate(sizeof first_state)) {
  backend.copy_in(state_->data(), &first_state, sizeof first_state);
  group.barrier();  // nobody pushes into slots that are not empty yet
}

std::shared_ptr<LamportMemory> LamportMemory::reuse_or_make(std::shared_ptr<LamportMemory>& kept, CudaBackend& backend,
                                                            ProcessGroup& group, std::size_t slot_bytes) {
  if (group.all(kept != nullptr && kept->slot_bytes() >= slot_bytes)) return kept;
  kept.reset();
  kept = std::make_shared<LamportMemory>(backend, group, slot_bytes);
  return kept;
}

}  // namespace arbiter::cuda
