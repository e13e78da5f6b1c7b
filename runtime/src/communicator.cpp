// SPDX-License-Identifier: Apache-2.0
// Making and reserving a communicator; its operations are in operations.cpp.
#include "communicator.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "built_in_decisions.hpp"
#include "driver.hpp"

namespace arbiter::runtime {

namespace {

constexpr std::uint64_t usual_workspace_bytes = std::uint64_t{512} << 20U;
constexpr std::int64_t most_scratch_bytes = std::int64_t{64} << 20U;

std::string text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw CallError(ARBITER_DECISION_REFUSED, fmt::format("{}: the decision cannot be read", path));
  return text;
}

std::string version_text(int version) {
  return fmt::format("{}.{}.{}", version / 10000, version % 10000 / 100, version % 100);
}

void check_options(const arbiter_comm_options& options) {
  const auto refuse = [](const std::string& why) { throw CallError(ARBITER_INVALID_ARGUMENT, why); };
  if (options.size < 2 || options.size > 1024) refuse(fmt::format("size is {}; 2..1024 are allowed", options.size));
  if (options.rank < 0 || options.rank >= options.size) {
    refuse(fmt::format("rank is {}; 0..{} are allowed", options.rank, options.size - 1));
  }
  if (options.all_gather == nullptr && options.nccl_comm == nullptr) {
    refuse("all_gather and nccl_comm are null; one of them has to connect the ranks");
  }
  if (options.flags != 0 || options.reserved != 0) refuse("flags and reserved have to be 0");
  if (options.concurrent_communicators < 0) {
    refuse(fmt::format("concurrent_communicators is {}; 0 and more are allowed", options.concurrent_communicators));
  }
}

const arbiter_comm_options& checked(const arbiter_comm_options& options) {
  check_options(options);
  return options;
}

}  // namespace

Communicator::Communicator(const arbiter_comm_options& options)
    : rank_(checked(options).rank),
      ranks_(options.size),
      ordinal_(options.device),
      concurrent_(options.concurrent_communicators == 0 ? 2 : options.concurrent_communicators),
      timeout_ms_(options.timeout_ms),
      most_workspace_bytes_(options.max_workspace_bytes == 0 ? usual_workspace_bytes : options.max_workspace_bytes),
      nccl_name_(options.nccl_library == nullptr ? "libnccl.so.2" : options.nccl_library),
      nccl_comm_(options.nccl_comm),
      group_(options.rank, options.size,
             options.all_gather != nullptr
                 ? RankGroup::Gather(
                       [gather = options.all_gather, context = options.all_gather_context](
                           const void* from, void* to, std::size_t bytes) { return gather(context, from, to, bytes); })
                 : RankGroup::Gather([this](const void* from, void* to, std::size_t bytes) {
                     return gather_over_nccl(from, to, bytes);
                   })) {
  try {
    connect(options);
  } catch (...) {
    release();
    throw;
  }
}

Communicator::~Communicator() { release(); }

void Communicator::connect(const arbiter_comm_options& options) {
  // Before the first exchange, which may need them.
  std::string failure;
  auto status = ARBITER_OK;
  try {
    if (nccl_name_.empty()) {
      why_no_nccl_ = "nccl_library is empty";
    } else {
      nccl_ = Nccl::load(nccl_name_.c_str(), why_no_nccl_);
    }
    open_device();
  } catch (const CallError& error) {
    if (options.all_gather == nullptr) throw;
    status = error.status();
    failure = error.what();
  }
  group_.meet();
  group_.agree([&] {
    if (status != ARBITER_OK) throw CallError(status, failure);
    if (nccl_comm_ == nullptr) return;
    if (nccl_ == nullptr) throw CallError(ARBITER_INVALID_ARGUMENT, "nccl_comm is given, but " + why_no_nccl_);
    if (nccl_->rank_of(nccl_comm_) == rank_ && nccl_->size_of(nccl_comm_) == ranks_) return;
    throw CallError(ARBITER_INVALID_ARGUMENT,
                    fmt::format("nccl_comm has rank {} of {}; allowed: {} of {}", nccl_->rank_of(nccl_comm_),
                                nccl_->size_of(nccl_comm_), rank_, ranks_));
  });
  if (!group_.all(nccl_ != nullptr)) {
    nccl_ = nullptr;
    if (why_no_nccl_.empty()) why_no_nccl_ = "another rank has no NCCL";
  }
  const CurrentContext current(device_.context);
  device_.traits.multiprocessors = static_cast<int>(group_.min(device_.traits.multiprocessors));
  device_.traits.has_clusters = group_.all(device_.traits.has_clusters);
  if (ranks_ != 2 && ranks_ != 4 && ranks_ != 8) {
    why_no_kernels_ = fmt::format("there are kernels for 2, 4 and 8 ranks; here are {}", ranks_);
  } else if (const int major = device_.sm_version / 10; major < 8 || major > 10) {
    why_no_kernels_ = fmt::format("there are kernels for sm_80 to sm_10x; here is sm_{}", device_.sm_version);
  }
  const std::string far = peer_obstacle(device_.ordinal, group_, links_);
  if (why_no_kernels_.empty()) why_no_kernels_ = far;
  const auto of_ranks = group_.all_gather(why_no_kernels_);
  for (const std::string& why : of_ranks) {
    if (why_no_kernels_.empty()) why_no_kernels_ = why;
  }
  group_.agree([&] { read_decision(options); });
  const auto fingerprint = static_cast<double>(decision_.fingerprint() >> 12U);
  if (group_.max(fingerprint) != group_.min(fingerprint)) {
    throw CallError(ARBITER_DECISION_REFUSED, "the ranks have different decisions");
  }
  const double concurrent = concurrent_;
  if (group_.max(concurrent) != group_.min(concurrent)) {
    throw CallError(ARBITER_INVALID_ARGUMENT, "concurrent_communicators differs between the ranks");
  }
  if (why_no_kernels_.empty()) health_ = std::make_unique<Health>(group_, timeout_ms_);
  group_.agree([&] {
    driver().check(driver().event_create(&eager_event_, CU_EVENT_DISABLE_TIMING), "make an event");
    driver().check(driver().event_create(&captured_event_, CU_EVENT_DISABLE_TIMING), "make an event");
  });
}

void Communicator::open_device() {
  const Driver& cuda = driver();
  int devices = 0;
  cuda.check(cuda.device_count(&devices), "count the GPUs");
  if (ordinal_ < 0 || ordinal_ >= devices) {
    throw CallError(ARBITER_INVALID_ARGUMENT, fmt::format("device is {}; there are {} GPUs", ordinal_, devices));
  }
  cuda.check(cuda.device_get(&device_.ordinal, ordinal_), "find the GPU");
  cuda.check(cuda.primary_retain(&device_.context, device_.ordinal), "use the GPU");
  device_.sm_version = cuda.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device_.ordinal) * 10 +
                       cuda.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device_.ordinal);
  device_.traits.multiprocessors = cuda.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device_.ordinal);
  device_.traits.has_clusters = device_.sm_version >= 90;
  device_.shared_bytes_per_sm =
      static_cast<unsigned>(cuda.attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, device_.ordinal));
}

int Communicator::gather_over_nccl(const void* from, void* to, std::size_t bytes) const {
  const Driver& cuda = driver();
  const CurrentContext current(device_.context);
  if (nccl_ == nullptr) return 1;
  CUdeviceptr memory = 0;
  const std::size_t all = bytes * static_cast<std::size_t>(ranks_);
  cuda.check(cuda.allocate(&memory, bytes + all), "allocate device memory");
  const auto gather = [&] {
    cuda.check(cuda.copy_in(memory, from, bytes), "copy to the device");
    nccl_->all_gather_bytes(pointer_to<const void>(memory), pointer_to<void>(memory + bytes), bytes, nccl_comm_,
                            nullptr);
    cuda.check(cuda.stream_synchronize(nullptr), "gather over NCCL");
    cuda.check(cuda.copy_out(to, memory + bytes, all), "copy from the device");
  };
  try {
    gather();
  } catch (...) {
    static_cast<void>(cuda.free(memory));
    throw;
  }
  static_cast<void>(cuda.free(memory));
  return 0;
}

MachineKey Communicator::machine() const {
  MachineKey key;
  key.platform = fmt::format("sm{}", device_.sm_version);
  std::array<char, 256> name{};
  driver().check(driver().device_name(name.data(), static_cast<int>(name.size()), device_.ordinal),
                 "ask for the GPU's name");
  key.gpu = name.data();
  key.links = links_;
  // As the cuda backend records it.
  const char* const multicast = std::getenv("NCCL_NVLS_ENABLE");
  key.multicast = multicast != nullptr && std::string_view(multicast) == "0" ? "off" : "left to NCCL";
  if (nccl_ != nullptr) key.nccl = version_text(nccl_->version());
  return key;
}

void Communicator::read_decision(const arbiter_comm_options& options) {
  const char* const variable = std::getenv("ARBITER_DECISION");
  const std::string wanted = options.decision_path != nullptr ? options.decision_path
                             : variable != nullptr            ? variable
                                                              : "";
  if (!wanted.empty()) {
    const auto mark = wanted.rfind('#');
    const std::string file = wanted.substr(0, mark);
    decision_ =
        Decision(file, text_of_file(file), mark == std::string::npos ? "" : wanted.substr(mark + 1), ranks_, machine());
    return;
  }
  std::string refusals;
  for (const auto& [name, text] : built_in_decisions()) {
    try {
      decision_ = Decision(fmt::format("built-in decision {}", name), std::string(text), "", ranks_, machine());
      return;
    } catch (const CallError& error) {
      refusals += fmt::format("{}{}", refusals.empty() ? "" : "; ", error.what());
    }
  }
  decision_ = Decision(fmt::format("no built-in decision for this machine ({})", refusals));
}

void Communicator::reserve(std::size_t largest_message_bytes) {
  if (largest_message_bytes == 0)
    throw CallError(ARBITER_INVALID_ARGUMENT, "largest_message_bytes is 0; 1 and more are allowed");
  if (largest_message_bytes <= reserved_bytes_) return;
  const CurrentContext current(device_.context);
  group_.agree([&] { driver().check(driver().context_synchronize(), "wait for the operations"); });
  if (nccl_ != nullptr && nccl_comm_ == nullptr) {
    NcclId id{};
    group_.agree([&] {
      if (rank_ == 0) id = nccl_->make_id();
    });
    group_.broadcast(id.data(), id.size(), 0);
    group_.agree([&] { nccl_comm_ = nccl_->init(id, rank_, ranks_); });
    owns_nccl_comm_ = true;
  }
  if (why_no_kernels_.empty()) {
    group_.agree([&] { load_kernels(); });
    make_workspaces(static_cast<std::int64_t>(largest_message_bytes));
  }
  if (nccl_ != nullptr) {
    group_.agree([&] {
      load_passes();
      const std::int64_t bytes = std::min(static_cast<std::int64_t>(largest_message_bytes), most_scratch_bytes);
      if (bytes <= scratch_bytes_) return;
      CUdeviceptr larger = 0;
      driver().check(driver().allocate(&larger, static_cast<std::size_t>(bytes)), "allocate device memory");
      if (scratch_ != 0) static_cast<void>(driver().free(scratch_));
      scratch_ = larger;
      scratch_bytes_ = bytes;
    });
  }
  reserved_bytes_ = largest_message_bytes;
}

void Communicator::load_kernels() {
  for (std::size_t i = 0; i < decision_.variants().size(); ++i) {
    const auto index = static_cast<Decision::Index>(i);
    const Variant& variant = decision_.variant(index);
    if (variant.path == ARBITER_PATH_NCCL) continue;
    const bool programmatic = variant.parameters.programmatic && device_.traits.has_clusters;
    for (std::size_t d = 0; d < 3; ++d) {
      for (std::size_t f = 0; f < 4; ++f) {
        const auto dtype = static_cast<arbiter_dtype>(d);
        const auto fusion = static_cast<arbiter_fusion>(f);
        if (!decision_.uses(dtype, fusion, index) || (f > 0 && dtype == ARBITER_FLOAT32)) continue;
        if (!programmatic && device_.sm_version >= 100) continue;
        auto& set = loaded_[{variant.path, programmatic, dtype, fusion}];
        if (set != nullptr) continue;
        const std::string strategy = variant.path == ARBITER_PATH_ONESHOT ? "oneshot" : "twoshot";
        std::string name = name_of(fusion);
        std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
        set = std::make_unique<KernelSet>(
            fmt::format("{}_{}_{}_{}", strategy, programmatic ? "programmatic" : "plain", name, name_of(dtype)),
            strategy, f > 0, ranks_, device_);
        kernels_.at(variant.path).at(programmatic ? 1 : 0).at(d).at(f) = set.get();
      }
    }
  }
}

void Communicator::load_passes() {
  for (std::size_t d = 0; d < 3; ++d) {
    for (std::size_t f = 1; f < 4; ++f) {
      auto& passes = passes_.at(d).at(f);
      if (passes != nullptr) continue;
      std::string name = name_of(static_cast<arbiter_fusion>(f));
      std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
      passes =
          std::make_unique<Passes>(fmt::format("pass_{}_{}", name, name_of(static_cast<arbiter_dtype>(d))), device_);
    }
  }
}

void Communicator::make_workspaces(std::int64_t bytes) {
  std::set<arbiter_path> paths;
  for (const Variant& variant : decision_.variants()) paths.insert(variant.path);
  const bool oneshot = paths.contains(ARBITER_PATH_ONESHOT);
  const bool twoshot = paths.contains(ARBITER_PATH_TWOSHOT);
  const auto bytes_of = [&](const Capacity& capacity) {
    return (oneshot ? capacity.oneshot_bytes(ranks_) : 0) +
           (twoshot ? capacity.twoshot_areas(ranks_).bytes(ranks_) : 0);
  };
  Capacity capacity = Capacity::of_bytes(bytes);
  for (std::int64_t part = bytes;
       bytes_of(capacity) > static_cast<std::int64_t>(most_workspace_bytes_) && part > 65536;) {
    part -= part / 8;
    capacity = Capacity::of_bytes(part);
  }
  std::unique_ptr<Workspace> oneshot_memory;
  std::unique_ptr<Workspace> twoshot_memory;
  const auto areas = capacity.twoshot_areas(ranks_);
  if (oneshot) {
    oneshot_memory =
        std::make_unique<Workspace>(device_.ordinal, group_, static_cast<std::size_t>(capacity.oneshot_bytes(ranks_)));
    for (int rank = 0; rank < ranks_; ++rank) oneshot_.slots[rank] = oneshot_memory->slots(rank);
    oneshot_.slots_per_source = capacity.oneshot_slots();
    oneshot_.state = oneshot_memory->state();
    oneshot_.rank = rank_;
    oneshot_.bound = health_->bound();
  }
  if (twoshot) {
    twoshot_memory =
        std::make_unique<Workspace>(device_.ordinal, group_, static_cast<std::size_t>(areas.bytes(ranks_)));
    for (int rank = 0; rank < ranks_; ++rank) areas.describe(twoshot_, rank, ranks_, twoshot_memory->slots(rank));
    twoshot_.state = twoshot_memory->state();
    twoshot_.rank = rank_;
    twoshot_.bound = health_->bound();
  }
  oneshot_memory_ = std::move(oneshot_memory);
  twoshot_memory_ = std::move(twoshot_memory);
  capacity_ = capacity;
}

void Communicator::describe(arbiter_comm_info& info) const {
  const auto copy = [](const std::string& text, char* to, std::size_t room) { to[text.copy(to, room - 1)] = '\0'; };
  info.rank = rank_;
  info.size = ranks_;
  info.device = ordinal_;
  info.nccl_version = nccl_ == nullptr ? 0 : nccl_->version();
  info.reserved_bytes = reserved_bytes_;
  info.chunk_bytes = static_cast<std::uint64_t>(capacity_.vectors * cuda::TilePlan::vector_bytes);
  info.workspace_bytes = (oneshot_memory_ == nullptr ? 0 : oneshot_memory_->bytes()) +
                         (twoshot_memory_ == nullptr ? 0 : twoshot_memory_->bytes()) +
                         static_cast<std::uint64_t>(scratch_bytes_);
  info.has_kernels = why_no_kernels_.empty() ? 1 : 0;
  info.has_nccl = nccl_ == nullptr ? 0 : 1;
  copy(decision_.description(), info.decision, sizeof info.decision);
  copy(why_no_kernels_, info.why_no_kernels, sizeof info.why_no_kernels);
}

void Communicator::release() {
  if (device_.context == nullptr) return;
  try {
    const CurrentContext current(device_.context);
    const Driver& cuda = driver();
    static_cast<void>(cuda.context_synchronize());
    if (owns_nccl_comm_ && nccl_comm_ != nullptr) nccl_->destroy(nccl_comm_);
    oneshot_memory_.reset();
    twoshot_memory_.reset();
    health_.reset();
    loaded_.clear();
    for (auto& of_dtype : passes_) {
      for (auto& passes : of_dtype) passes.reset();
    }
    if (scratch_ != 0) static_cast<void>(cuda.free(scratch_));
    if (eager_event_ != nullptr) static_cast<void>(cuda.event_destroy(eager_event_));
    if (captured_event_ != nullptr) static_cast<void>(cuda.event_destroy(captured_event_));
  } catch (const CallError&) {
    // The driver has ended before this object; so has what it would release.
  }
  static_cast<void>(driver().primary_release(device_.ordinal));
  device_.context = nullptr;
}

}  // namespace arbiter::runtime
