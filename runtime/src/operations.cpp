// SPDX-License-Identifier: Apache-2.0
// What a communicator does in a call. Nothing here allocates device memory, loads code or waits.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "communicator.hpp"
#include "driver.hpp"

namespace arbiter::runtime {

namespace {

bool is_aligned(const void* address) { return reinterpret_cast<std::uintptr_t>(address) % 16 == 0; }

std::int64_t vector_elements(arbiter_dtype dtype) { return 16 / bytes_of(dtype); }

std::int64_t rows_of(const arbiter_operation& operation) { return operation.num_tokens; }
std::int64_t row_elements(const arbiter_operation& operation) {
  return operation.hidden_size == 0 ? 1 : operation.hidden_size;
}
std::int64_t elements_of(const arbiter_operation& operation) { return rows_of(operation) * row_elements(operation); }

bool is_fused(const arbiter_operation& operation) { return operation.fusion != ARBITER_NONE; }

[[noreturn]] void refuse(const std::string& why) { throw CallError(ARBITER_INVALID_ARGUMENT, why); }

/// What does not depend on addresses.
void check_shape(const arbiter_operation& operation) {
  if (operation.dtype < ARBITER_BFLOAT16 || operation.dtype > ARBITER_FLOAT32) {
    refuse(fmt::format("dtype is {}; 0, 1 and 2 are allowed", static_cast<int>(operation.dtype)));
  }
  if (operation.fusion < ARBITER_NONE || operation.fusion > ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4) {
    refuse(fmt::format("fusion is {}; 0 to 3 are allowed", static_cast<int>(operation.fusion)));
  }
  if (operation.num_tokens < 0 || operation.hidden_size < 0) {
    refuse(fmt::format("num_tokens is {} and hidden_size {}; 0 and more are allowed", operation.num_tokens,
                       operation.hidden_size));
  }
  if (is_fused(operation) && operation.hidden_size == 0) refuse("hidden_size is 0; a fusion needs rows");
  if (operation.reserved != 0) refuse("reserved has to be 0");
  constexpr std::int64_t most_elements = std::int64_t{1} << 48;
  if (operation.hidden_size > most_elements || operation.num_tokens > most_elements / row_elements(operation)) {
    refuse(fmt::format("the message has {} x {} elements; up to 2^48 are allowed", operation.num_tokens,
                       operation.hidden_size));
  }
}

void check_tensors(const arbiter_operation& operation) {
  const auto need = [&](const void* address, const char* name, std::int64_t alignment) {
    if (address == nullptr) refuse(fmt::format("{} is null; {} needs it", name, name_of(operation.fusion)));
    if (reinterpret_cast<std::uintptr_t>(address) % static_cast<std::uintptr_t>(alignment) != 0) {
      refuse(fmt::format("{} is not aligned to {} bytes", name, alignment));
    }
  };
  if (!is_fused(operation)) {
    need(operation.input, "input", bytes_of(operation.dtype));
    need(operation.output, "output", bytes_of(operation.dtype));
    return;
  }
  need(operation.input, "input", 16);
  need(operation.residual_in, "residual_in", 16);
  need(operation.residual_out, "residual_out", 16);
  need(operation.weight, "weight", 16);
  if (operation.fusion == ARBITER_RESIDUAL_RMS_NORM) return need(operation.norm_out, "norm_out", 16);
  need(operation.quant_out, "quant_out", 16);
  need(operation.scale, "scale", 4);
  if (operation.fusion == ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4) need(operation.scales_out, "scales_out", 16);
}

}  // namespace

const char* Communicator::obstacle(const arbiter_operation& operation, const Variant& variant) const {
  if (!why_no_kernels_.empty()) return why_no_kernels_.c_str();
  const bool programmatic = variant.parameters.programmatic && device_.traits.has_clusters;
  if (!programmatic && device_.sm_version >= 100) return "on sm_100 there are programmatic kernels only";
  if (!is_fused(operation)) return nullptr;
  if (operation.dtype == ARBITER_FLOAT32) return "fused kernels are for bfloat16 and float16";
  if (operation.weight_bias != 0.0) return "fused kernels have no weight_bias";
  const std::int64_t vector = vector_elements(operation.dtype);
  if (operation.hidden_size % vector != 0) return "hidden_size is no multiple of 16 bytes";
  const bool narrow = fits_registers(operation.hidden_size / vector, ranks_, variant.parameters, device_.traits);
  return narrow ? nullptr : "hidden_size is larger than what a row's registers hold";
}

Decision::Index Communicator::decide(const arbiter_operation& operation) const {
  const auto index = decision_.find(operation.dtype, operation.fusion, operation.num_tokens, operation.hidden_size);
  return index != 0 && obstacle(operation, decision_.variant(index)) == nullptr ? index : Decision::Index{0};
}

arbiter_path Communicator::path_of(const arbiter_operation& operation) const {
  check_shape(operation);
  if (elements_of(operation) == 0) return ARBITER_PATH_NOTHING;
  return decision_.variant(decide(operation)).path;
}

std::int64_t Communicator::rows_per_chunk(const arbiter_operation& operation, bool with_nccl) const {
  if (!with_nccl) return capacity_.rows_per_chunk(operation);
  return whole_tiles(operation, scratch_bytes_ / (row_elements(operation) * bytes_of(operation.dtype)));
}

cuda::TilePlan Communicator::plan_of(const arbiter_operation& operation, const Variant& variant,
                                     std::int64_t count) const {
  static const Problem blank;  // whose name is looked up once
  Problem problem = blank;
  problem.tp_size = ranks_;
  problem.dtype = static_cast<DType>(operation.dtype);
  problem.num_tokens = operation.hidden_size == 0 ? 1 : count;
  problem.hidden_size = operation.hidden_size == 0 ? count : operation.hidden_size;
  return cuda::complete_plan(problem, is_fused(operation), variant.parameters, device_.traits);
}

/// All blocks of all communicators' kernels must be resident at once. At most one block for each multiprocessor of this
/// communicator's share: then the others' blocks have multiprocessors to themselves, whatever their size. Clusters need
/// free multiprocessors side by side.
unsigned Communicator::grid_of(const cuda::TilePlan& plan, const Kernel& kernel) const {
  std::int64_t most = kernel.resident.at(plan.exclusive_sm ? 1 : 0).at(plan.block / 32);
  if (concurrent_ > 1) {
    const std::int64_t shares = std::int64_t{concurrent_} * (plan.blocks > 1 ? 2 : 1);
    most = std::min(most, device_.traits.multiprocessors / shares);
  }
  const std::int64_t at_once = std::max<std::int64_t>(1, most / plan.blocks);
  return static_cast<unsigned>(std::clamp<std::int64_t>(plan.tiles, 1, at_once) * plan.blocks);
}

void Communicator::order(arbiter_stream_t stream) {
  if (used_ && stream != last_stream_) {
    const Driver& cuda = driver();
    const auto capture_of = [&](CUstream of) {
      CUstreamCaptureStatus status{};
      cuuint64_t id = 0;
      const CUresult code = cuda.capture_info(of, &status, &id, nullptr, nullptr, nullptr);
      return code == CUDA_SUCCESS && status == CU_STREAM_CAPTURE_STATUS_ACTIVE ? id : cuuint64_t{0};
    };
    const cuuint64_t before = capture_of(last_stream_);
    if (before == capture_of(stream)) {
      CUevent event = before == 0 ? eager_event_ : captured_event_;
      cuda.check(cuda.event_record(event, last_stream_), "order two streams");
      cuda.check(cuda.stream_wait(stream, event, 0), "order two streams");
    }
  }
  used_ = true;
  last_stream_ = stream;
}

void Communicator::run_kernel(const arbiter_operation& operation, const Variant& variant, const Chunk& chunk,
                              arbiter_stream_t stream) {
  const cuda::TilePlan plan = plan_of(operation, variant, chunk.count);
  const std::int64_t bytes = bytes_of(operation.dtype);
  const std::int64_t row = row_elements(operation);
  const auto* const input = static_cast<const std::byte*>(operation.input) + chunk.first * row * bytes;
  const auto epilogue = epilogue_of(operation, chunk.first, chunk.count);
  bool aligned = epilogue.hidden_size * bytes % 16 == 0 && is_aligned(input);
  for (const void* tensor : epilogue.tensors) aligned = aligned && is_aligned(tensor);
  // A fusion's only tensor that is not read in vectors is its scale.
  const KernelSet* const set = kernels_[variant.path][plan.programmatic ? 1 : 0][operation.dtype][operation.fusion];
  const Kernel* const kernel = set == nullptr ? nullptr : set->find(plan, aligned || is_fused(operation));
  if (kernel == nullptr) throw CallError(ARBITER_INTERNAL_ERROR, "there is no kernel for " + plan.name());

  std::array<CUlaunchAttribute, 2> attributes{};
  CUlaunchConfig config{};
  config.gridDimX = grid_of(plan, *kernel);
  config.gridDimY = config.gridDimZ = 1;
  config.blockDimX = plan.block;
  config.blockDimY = config.blockDimZ = 1;
  config.sharedMemBytes = plan.exclusive_sm ? device_.shared_bytes_per_sm / 2 : 0;
  config.hStream = stream;
  config.attrs = attributes.data();
  if (plan.blocks > 1) {
    CUlaunchAttribute& attribute = attributes.at(config.numAttrs++);
    attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attribute.value.clusterDim = {static_cast<unsigned>(plan.blocks), 1, 1};
  }
  if (plan.programmatic) {
    CUlaunchAttribute& attribute = attributes.at(config.numAttrs++);
    attribute.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    attribute.value.programmaticStreamSerializationAllowed = 1;
  }
  const auto launch = [&](auto arguments) {
    arguments.input = input;
    arguments.num_tokens = epilogue.num_tokens;
    arguments.hidden_size = epilogue.hidden_size;
    arguments.vectors_per_row = static_cast<std::uint32_t>(plan.vectors_per_row);
    arguments.epilogue = epilogue;
    // Beside another communicator, the next kernel must not occupy multiprocessors while this one waits for a peer.
    const bool alone = concurrent_ == 1 || !device_.traits.has_clusters;  // before sm_90 the next one starts at the end
    arguments.trigger = !alone && plan.trigger == cuda::Trigger::early ? cuda::Trigger::late : plan.trigger;
    void* parameter = &arguments;
    driver().check(driver().launch(&config, kernel->function, &parameter, nullptr), "launch an AllReduce");
  };
  variant.path == ARBITER_PATH_ONESHOT ? launch(oneshot_) : launch(twoshot_);
}

void Communicator::run_pass(const arbiter_operation& operation, const Chunk& chunk, arbiter_stream_t stream) {
  passes_[operation.dtype][operation.fusion]->launch(
      pointer_to<const void>(scratch_), epilogue_of(operation, chunk.first, chunk.count), operation.dtype, stream);
}

void Communicator::run_nccl(const arbiter_operation& operation, arbiter_stream_t stream) {
  const std::int64_t row = row_elements(operation);
  if (!is_fused(operation)) {
    nccl_->all_reduce(operation.input, operation.output, static_cast<std::size_t>(elements_of(operation)),
                      operation.dtype, nccl_comm_, stream);
    return;
  }
  const std::int64_t rows = rows_per_chunk(operation, true);
  for (std::int64_t first = 0; first < operation.num_tokens; first += rows) {
    const Chunk chunk{first, std::min(rows, operation.num_tokens - first)};
    const auto* const input = static_cast<const std::byte*>(operation.input) + first * row * bytes_of(operation.dtype);
    nccl_->all_reduce(input, pointer_to<void>(scratch_), static_cast<std::size_t>(chunk.count * row), operation.dtype,
                      nccl_comm_, stream);
    run_pass(operation, chunk, stream);
  }
}

void Communicator::all_reduce(const arbiter_operation& operation, arbiter_stream_t stream) {
  if (const auto status = health(); status != ARBITER_OK) throw CallError(status, health_text());
  check_shape(operation);
  if (elements_of(operation) == 0) return;
  check_tensors(operation);
  if (reserved_bytes_ == 0) {
    throw CallError(ARBITER_NOT_RESERVED, "nothing is reserved; call arbiter_comm_reserve() first, on all ranks");
  }
  const auto index = decide(operation);
  const Variant& variant = decision_.variant(index);
  const std::int64_t rows = index != 0            ? rows_per_chunk(operation, false)
                            : is_fused(operation) ? rows_per_chunk(operation, true)
                                                  : 1;
  if (rows < 1) {
    throw CallError(ARBITER_UNSUPPORTED, fmt::format("a row of {} elements is larger than what is reserved, {} bytes",
                                                     operation.hidden_size, reserved_bytes_));
  }
  if (index == 0 && nccl_ == nullptr) {
    arbiter_choice choice{};
    explain(operation, choice);
    throw CallError(ARBITER_UNSUPPORTED, choice.reason);
  }
  const CurrentContext current(device_.context);
  order(stream);
  if (index == 0) return run_nccl(operation, stream);
  for (std::int64_t first = 0; first < operation.num_tokens; first += rows) {
    run_kernel(operation, variant, {first, std::min(rows, operation.num_tokens - first)}, stream);
  }
}

void Communicator::explain(const arbiter_operation& operation, arbiter_choice& choice) const {
  const auto say = [&](const std::string& text) {
    choice.reason[text.copy(static_cast<char*>(choice.reason), sizeof choice.reason - 1)] = '\0';
  };
  choice.path = ARBITER_PATH_NCCL;
  choice.launches = choice.blocks = 0;
  choice.status = ARBITER_OK;
  check_shape(operation);
  if (elements_of(operation) == 0) {
    choice.path = ARBITER_PATH_NOTHING;
    return say("the message is empty");
  }
  const auto found = decision_.find(operation.dtype, operation.fusion, operation.num_tokens, operation.hidden_size);
  const auto index = decide(operation);
  const Variant& variant = decision_.variant(index);
  choice.path = variant.path;
  std::string why = fmt::format("{}: {}", decision_.description(), decision_.variant(found).name);
  if (found == 0) why += " was decided, or the shape was never measured";
  if (index != found) why += fmt::format(", but {}", obstacle(operation, decision_.variant(found)));
  if (index == 0 && nccl_ == nullptr) {
    choice.status = ARBITER_UNSUPPORTED;
    why = fmt::format("this goes to NCCL, and there is none ({}). {}", why_no_nccl_, why);
  }
  if (reserved_bytes_ == 0) {
    choice.status = ARBITER_NOT_RESERVED;
    return say("nothing is reserved yet. " + why);
  }
  if (const auto status = health(); status != ARBITER_OK) choice.status = status;
  const std::int64_t rows =
      index == 0 && !is_fused(operation) ? operation.num_tokens : rows_per_chunk(operation, index == 0);
  if (rows < 1) {
    if (choice.status == ARBITER_OK) choice.status = ARBITER_UNSUPPORTED;
    return say("a row is larger than what is reserved. " + why);
  }
  choice.launches = static_cast<int>((operation.num_tokens + rows - 1) / rows);
  if (index == 0) {
    if (is_fused(operation)) choice.launches *= 2;
    return say(why);
  }
  const auto plan = plan_of(operation, variant, std::min(rows, operation.num_tokens));
  const KernelSet* const set = kernels_[variant.path][plan.programmatic ? 1 : 0][operation.dtype][operation.fusion];
  const Kernel* const kernel = set == nullptr ? nullptr : set->find(plan, true);
  if (kernel != nullptr) choice.blocks = static_cast<int>(grid_of(plan, *kernel));
  say(why);
}

}  // namespace arbiter::runtime
