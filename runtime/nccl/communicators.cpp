// SPDX-License-Identifier: Apache-2.0
#include "communicators.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "real_library.hpp"
#include "runtime_library.hpp"
#include "settings.hpp"

namespace arbiter::nccl {

namespace {

/// What ranks tell each other before anything of Arbiter's is made.
struct Introduction {
  std::array<char, 64> host{};  // ranks of one boot of one kernel share a host
  std::uint64_t reserve_bytes = 0;
  int concurrent_communicators = 0;
  int can = 0;  // whether the runtime loads
};

Introduction own_introduction() {
  Introduction own;
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  std::memcpy(own.host.data(), id.data(), std::min(id.size(), own.host.size()));
  own.reserve_bytes = settings().reserve_bytes;
  own.concurrent_communicators = settings().concurrent_communicators;
  own.can = runtime_library() != nullptr && !id.empty() ? 1 : 0;
  return own;
}

const char* text_of(DataType dtype) {
  switch (dtype) {
    case float16: return "float16";
    case float32: return "float32";
    case bfloat16: return "bfloat16";
    default: return "another dtype";
  }
}

struct arbiter_operation operation_for(const AllReduceCall& call) {
  struct arbiter_operation operation = ARBITER_OPERATION_INIT;
  operation.dtype = call.dtype == bfloat16  ? ARBITER_BFLOAT16
                    : call.dtype == float16 ? ARBITER_FLOAT16
                                            : ARBITER_FLOAT32;
  operation.num_tokens = static_cast<std::int64_t>(call.count);
  operation.input = call.send;
  operation.output = call.receive;
  return operation;
}

std::size_t bytes_of(const AllReduceCall& call) { return call.count * (call.dtype == float32 ? 4U : 2U); }

Result result_of(arbiter_status status) {
  switch (status) {
    case ARBITER_OK: return success;
    case ARBITER_INVALID_ARGUMENT: return invalid_argument;
    case ARBITER_CUDA_ERROR:
    case ARBITER_OUT_OF_MEMORY: return unhandled_cuda_error;
    case ARBITER_PEER_LOST:
    case ARBITER_TIMEOUT: return remote_error;
    default: return internal_error;
  }
}

/// The map. It lives as long as the process, as communicators may be destroyed while it ends.
struct Map {
  std::shared_mutex mutex;
  std::unordered_map<Comm, std::unique_ptr<Communicator>> known;
  std::atomic<std::uint64_t> changes = 0;
};
Map& map() {
  static auto* made = new Map;
  return *made;
}

}  // namespace

std::string Communicator::name() const {
  return "rank " + std::to_string(rank_) + " of " + std::to_string(size_) + " on GPU " + std::to_string(device_);
}

void Communicator::connect() {
  constexpr int most_ranks = 8;  // there are no kernels for more
  const bool known = call_real<"ncclCommCount", Comm, int*>(comm_, &size_) == success &&
                     call_real<"ncclCommUserRank", Comm, int*>(comm_, &rank_) == success &&
                     call_real<"ncclCommCuDevice", Comm, int*>(comm_, &device_) == success;
  if (!known) {
    why_not_ = "NCCL does not say its ranks";
  } else if (size_ < 2 || size_ > most_ranks) {
    why_not_ = "found " + std::to_string(size_) + " ranks; allowed: 2 to " + std::to_string(most_ranks);
  } else if (!prepare()) {
    if (ours_ != nullptr) runtime_library()->destroy(ours_);
    ours_ = nullptr;
    exchange_.reset();
  }
  info(name() + ": " + (ours_ != nullptr ? "Arbiter serves sums" : "everything goes to NCCL: " + why_not_));
}

bool Communicator::prepare() {
  exchange_ = std::make_unique<Exchange>(comm_, size_, device_);
  const Introduction own = own_introduction();
  std::vector<Introduction> all(static_cast<std::size_t>(size_));
  if (!exchange_->gather(&own, all.data(), sizeof own)) {
    why_not_ = "the exchange over NCCL failed";
    return false;
  }
  for (const Introduction& other : all) {
    if (other.can == 0) why_not_ = "the runtime does not load on every rank";
    if (other.host != own.host) why_not_ = "its ranks are on several hosts";
    if (other.reserve_bytes != own.reserve_bytes || other.concurrent_communicators != own.concurrent_communicators) {
      why_not_ = "ARBITER_RESERVE_BYTES and ARBITER_CONCURRENT_COMMUNICATORS differ between ranks";
    }
  }
  if (!why_not_.empty()) return false;

  const RuntimeLibrary& runtime = *runtime_library();
  arbiter_comm_options options = ARBITER_COMM_OPTIONS_INIT;
  options.rank = rank_;
  options.size = size_;
  options.device = device_;
  options.all_gather = &Exchange::callback;
  options.all_gather_context = exchange_.get();
  options.nccl_comm = comm_;
  options.nccl_library = real_library().path().c_str();
  options.concurrent_communicators = own.concurrent_communicators;
  arbiter_status status = runtime.create(&ours_, &options);
  if (status == ARBITER_OK) status = runtime.reserve(ours_, own.reserve_bytes);
  arbiter_comm_info about = ARBITER_COMM_INFO_INIT;
  if (status == ARBITER_OK) status = runtime.get_info(ours_, &about);
  if (status != ARBITER_OK) {
    why_not_ = std::string(runtime.status_name(status)) + ": " + runtime.last_error();
    warn_once("everything goes to NCCL: " + why_not_);
  } else if (about.has_kernels == 0) {
    why_not_ = about.why_no_kernels;
  }
  // One rank that fails leaves all to NCCL.
  const char can = why_not_.empty() ? 1 : 0;
  std::vector<char> cans(static_cast<std::size_t>(size_));
  const bool told = exchange_->gather(&can, cans.data(), sizeof can);
  if (why_not_.empty() && !(told && std::ranges::all_of(cans, [](char each) { return each == 1; }))) {
    why_not_ = "another rank failed";
  }
  if (why_not_.empty()) info(name() + ": decided by " + about.decision);
  return why_not_.empty();
}

Communicator::~Communicator() {
  if (ours_ != nullptr) runtime_library()->destroy(ours_);
  if (taken_ + left_ != 0) {
    info(name() + ": " + std::to_string(taken_) + " AllReduces by Arbiter, " + std::to_string(left_) + " by NCCL");
  }
}

std::string_view Communicator::reason_against(const AllReduceCall& call) const {
  if (ours_ == nullptr) return why_not_;
  if (call.operation != sum) return "it is no plain sum";
  if (call.dtype != bfloat16 && call.dtype != float16 && call.dtype != float32) return "its dtype";
  if (in_window(call.send, bytes_of(call)) || in_window(call.receive, bytes_of(call))) {
    return "its memory is registered as a window";
  }
  return {};
}

bool Communicator::takes(const AllReduceCall& call) {
  const std::string_view reason = reason_against(call);
  if (!reason.empty() || call.count == 0) {
    leave(call, reason.empty() ? std::string_view("it is empty") : reason);
    return false;
  }
  const struct arbiter_operation operation = operation_for(call);
  const arbiter_path path = runtime_library()->path_of(ours_, &operation);
  const bool ours = path == ARBITER_PATH_ONESHOT || path == ARBITER_PATH_TWOSHOT;
  if (!ours) ++left_;
  if (settings().info) {
    arbiter_choice choice = ARBITER_CHOICE_INIT;
    runtime_library()->explain(ours_, &operation, &choice);
    say(call, runtime_library()->path_name(path), choice.reason);
  }
  return ours;
}

Result Communicator::run(const AllReduceCall& call) {
  const struct arbiter_operation operation = operation_for(call);
  const arbiter_status status = runtime_library()->all_reduce(ours_, &operation, call.stream);
  if (status == ARBITER_OK) {
    ++taken_;
    return success;
  }
  // No way back to NCCL: other ranks may have enqueued theirs.
  last_error_ = std::string(runtime_library()->status_name(status)) + ": " + runtime_library()->last_error();
  warn_once(name() + ": " + last_error_);
  return result_of(status);
}

void Communicator::leave(const AllReduceCall& call, std::string_view reason) {
  ++left_;
  say(call, "NCCL", reason);
}

void Communicator::say(const AllReduceCall& call, std::string_view path, std::string_view reason) {
  if (!settings().info) return;
  std::string text = name() + ": ncclAllReduce of " + std::to_string(call.count) + " " + text_of(call.dtype) + ": ";
  text.append(path);
  if (!reason.empty()) text.append(", ").append(reason);
  info_once(text);
}

bool Communicator::in_window(const void* start, std::size_t bytes) const {
  const auto first = reinterpret_cast<std::uintptr_t>(start);
  return std::ranges::any_of(windows_, [&](const WindowRange& window) {
    return first < window.start + window.bytes && window.start < first + bytes;
  });
}

void Communicator::add_window(const void* start, std::size_t bytes, Window handle) {
  windows_.push_back({reinterpret_cast<std::uintptr_t>(start), bytes, handle});
}

void Communicator::remove_window(Window handle) {
  std::erase_if(windows_, [&](const WindowRange& window) { return window.handle == handle; });
}

Result Communicator::async_error() const {
  return ours_ != nullptr ? result_of(runtime_library()->async_error(ours_)) : success;
}

void Communicator::abort() {
  // A kernel that waits for a rank that never comes would keep destroy() waiting: what it holds is left to the process.
  if (ours_ != nullptr && taken_ != 0 && async_error() == success) {
    static_cast<void>(exchange_.release());
    ours_ = nullptr;
    why_not_ = "it was aborted";
  }
}

Communicator* find(Comm comm) {
  struct Found {
    Comm comm = nullptr;
    std::uint64_t changes = 0;
    Communicator* communicator = nullptr;
  };
  thread_local Found last;  // most calls are of one communicator, and a lock is a tenth of a small AllReduce's overhead
  const std::uint64_t changes = map().changes.load(std::memory_order_acquire);
  if (last.comm == comm && last.changes == changes) return last.communicator;
  const std::shared_lock lock(map().mutex);
  const auto found = map().known.find(comm);
  last = {comm, changes, found != map().known.end() ? found->second.get() : nullptr};
  return last.communicator;
}

void adopt(const std::vector<Comm>& comms) {
  std::vector<std::unique_ptr<Communicator>> fresh;
  fresh.reserve(comms.size());
  for (Comm comm : comms) {
    if (comm != nullptr) fresh.push_back(std::make_unique<Communicator>(comm));  // null: a split without this rank
  }
  if (fresh.empty()) return;
  // Ranks wait for each other, and several of them may be this thread's.
  std::vector<std::thread> others;
  others.reserve(fresh.size());
  for (std::size_t i = 1; i < fresh.size(); ++i) others.emplace_back([&, i] { fresh[i]->connect(); });
  fresh.front()->connect();
  for (std::thread& other : others) other.join();
  const std::unique_lock lock(map().mutex);
  std::size_t next = 0;
  for (Comm comm : comms) {
    if (comm != nullptr) map().known[comm] = std::move(fresh[next++]);
  }
  ++map().changes;
}

std::unique_ptr<Communicator> forget(Comm comm) {
  const std::unique_lock lock(map().mutex);
  auto node = map().known.extract(comm);
  ++map().changes;
  return node.empty() ? nullptr : std::move(node.mapped());
}

}  // namespace arbiter::nccl
