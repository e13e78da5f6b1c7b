// SPDX-License-Identifier: Apache-2.0
#include "health.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver.hpp"

namespace arbiter::runtime {

/// Zero at first.
struct Health::Shared {
  struct alignas(64) Record {
    cuda::SpinFailure failure;
  };
  std::atomic<std::int32_t> lost;  ///< the rank whose process ended, plus 1
  std::array<std::atomic<std::int32_t>, most_ranks> departed;
  std::array<Record, most_ranks> records;
  std::array<std::array<cuda::SpinFailure*, most_ranks>, most_ranks> tables;  ///< of rank: SpinBound::of_ranks
};

namespace {

/// For ever: eight times as long, which waits within a cluster take, still fits.
constexpr std::uint64_t no_bound = std::uint64_t{1} << 60U;

void check_system(bool works, const char* action) {
  if (!works) throw CallError(ARBITER_EXCHANGE_FAILED, fmt::format("{}: {}", action, std::strerror(errno)));
}

std::vector<cuda::Handed> exchange(RankGroup& group, int own) {
  try {
    return cuda::exchange_descriptors(group, own, 0);
  } catch (const CallError&) {
    throw;
  } catch (const Error& error) {  // the same on every rank
    throw CallError(ARBITER_EXCHANGE_FAILED, error.what());
  }
}

}  // namespace

Health::Health(RankGroup& group, std::uint64_t timeout_ms)
    : rank_(group.rank()), ranks_(group.size()), watched_(static_cast<std::size_t>(group.size())) {
  cuda::Descriptor memory;
  cuda::Descriptor reading;
  group.agree([&] {
    memory = cuda::Descriptor(::memfd_create("arbiter", MFD_CLOEXEC));
    check_system(memory.get() >= 0 && ::ftruncate(memory.get(), sizeof(Shared)) == 0, "make shared memory");
    std::array<int, 2> ends{};
    check_system(::pipe2(ends.data(), O_CLOEXEC) == 0, "make a pipe");
    reading = cuda::Descriptor(ends[0]);
    alive_ = cuda::Descriptor(ends[1]);
    stop_ = cuda::Descriptor(::eventfd(0, EFD_CLOEXEC));
    check_system(stop_.get() >= 0, "make an event descriptor");
  });
  const auto memories = exchange(group, memory.get());
  auto pipes = exchange(group, reading.get());
  for (std::size_t rank = 0; rank < pipes.size(); ++rank) watched_[rank] = std::move(pipes[rank].descriptor);
  group.agree([&] { map(rank_ == 0 ? memory.get() : memories.front().descriptor.get()); });
  bound_.nanoseconds = timeout_ms == 0 ? no_bound : std::min(timeout_ms, no_bound / 1000000) * 1000000;
  group.agree([&] {
    // A thread of a library takes no signals of the program's.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    watcher_ = std::thread([this] { watch(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  });
}

void Health::map(int descriptor) {
  void* const mapped = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  check_system(mapped != MAP_FAILED, "map shared memory");
  shared_ = static_cast<Shared*>(mapped);
  const Driver& cuda = driver();
  cuda.check(cuda.host_register(shared_, sizeof(Shared), CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP),
             "share host memory with the GPU");
  CUdeviceptr base = 0;
  cuda.check(cuda.host_pointer(&base, shared_, 0), "share host memory with the GPU");
  const auto on_device = [&](const void* address) {
    const auto offset = static_cast<const std::byte*>(address) - static_cast<const std::byte*>(mapped);
    return base + static_cast<CUdeviceptr>(offset);
  };
  auto& table = shared_->tables[static_cast<std::size_t>(rank_)];
  for (std::size_t rank = 0; rank < table.size(); ++rank) {
    table[rank] = pointer_to<cuda::SpinFailure>(on_device(&shared_->records[rank].failure));
  }
  bound_.rank = rank_;
  bound_.ranks = ranks_;
  bound_.failure = table[static_cast<std::size_t>(rank_)];
  bound_.of_ranks = pointer_to<cuda::SpinFailure* const>(on_device(table.data()));
}

Health::~Health() {
  if (shared_ != nullptr) shared_->departed[static_cast<std::size_t>(rank_)] = 1;
  alive_ = {};
  if (watcher_.joinable()) {
    const std::uint64_t one = 1;
    static_cast<void>(::write(stop_.get(), &one, sizeof one) == sizeof one);
    watcher_.join();
  }
  if (shared_ == nullptr) return;
  static_cast<void>(driver().host_unregister(shared_));
  ::munmap(shared_, sizeof(Shared));
}

void Health::watch() {
  std::vector<pollfd> polled{{stop_.get(), POLLIN, 0}};
  std::vector<int> ranks{-1};
  for (int rank = 0; rank < ranks_; ++rank) {
    if (rank == rank_) continue;
    polled.push_back({watched_[static_cast<std::size_t>(rank)].get(), POLLIN, 0});
    ranks.push_back(rank);
  }
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if (polled.front().revents != 0) return;
    for (std::size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      polled[i].fd = -1;  // poll() passes over it
      polled[i].revents = 0;
      if (shared_->departed[static_cast<std::size_t>(ranks[i])] == 0) lose(ranks[i]);
    }
  }
}

void Health::lose(int peer) {
  std::int32_t nobody = 0;
  shared_->lost.compare_exchange_strong(nobody, peer + 1);
  for (int rank = 0; rank < ranks_; ++rank) {
    auto& failure = shared_->records[static_cast<std::size_t>(rank)].failure;
    failure.rank = rank_;
    failure.peer = peer;
    std::atomic_ref(failure.happened).store(1);
  }
}

arbiter_status Health::status() const {
  auto& own = shared_->records[static_cast<std::size_t>(rank_)].failure;
  if (std::atomic_ref(own.happened).load(std::memory_order_relaxed) == 0) return ARBITER_OK;
  return shared_->lost.load() != 0 ? ARBITER_PEER_LOST : ARBITER_TIMEOUT;
}

std::string Health::text() const {
  const std::int32_t lost = shared_->lost.load();
  if (lost != 0) return fmt::format("the process of rank {} has ended", lost - 1);
  const auto& own = shared_->records[static_cast<std::size_t>(rank_)].failure;
  return fmt::format("a kernel of rank {} waited for rank {} longer than timeout_ms, {} ms, in operation {}", own.rank,
                     own.peer, bound_.nanoseconds / 1000000, own.epoch);
}

}  // namespace arbiter::runtime
